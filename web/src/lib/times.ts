import type { Texts } from './texts/zh'

export const ZONE = 'Asia/Shanghai'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "2 d 3 h", "1 h 5 min", "12 min": the two largest units, rounded down, so that no limit looks longer. */
export function formatSpan(milliseconds: number, t: Texts): string {
  const span = Math.abs(milliseconds)
  const unit = (count: number, name: string) => (count ? `${count}${t.span.gap}${name}` : '')
  const join = (...parts: string[]) => parts.filter(Boolean).join(' ')
  if (span < MINUTE) return t.span.now
  const days = Math.floor(span / DAY)
  const hours = Math.floor((span % DAY) / HOUR)
  const minutes = Math.floor((span % HOUR) / MINUTE)
  if (days >= 7) return unit(days, t.span.day)
  if (days) return join(unit(days, t.span.day), unit(hours, t.span.hour))
  return join(unit(hours, t.span.hour), unit(minutes, t.span.minute))
}

/** The exact instant for people, always in Beijing time: staff of one company must read one clock. */
export function formatInstant(instant: number, t: Texts): string {
  return new Intl.DateTimeFormat(t.locale, {
    timeZone: ZONE,
    year: 'numeric',
    month: t.locale.startsWith('zh') ? 'long' : 'short',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(instant)
}

/** "14:05" on the same day, with month and day otherwise. */
export function formatShort(instant: number, now: number, t: Texts): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE })
  const sameDay = day.format(instant) === day.format(now)
  return new Intl.DateTimeFormat(t.locale, {
    timeZone: ZONE,
    ...(sameDay ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(instant)
}

/** "2026-10-01 14:05:09" in Beijing time: for records, where seconds count and columns are compared. */
export function formatStamp(instant: number): string {
  const swedish = { timeZone: ZONE, dateStyle: 'short', timeStyle: 'medium' } as const // writes ISO dates
  return new Intl.DateTimeFormat('sv-SE', swedish).format(instant)
}

export function formatSize(bytes: number, t: Texts): string {
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB']
  return `${new Intl.NumberFormat(t.locale, { maximumFractionDigits: 1 }).format(value)} ${unit}`
}
