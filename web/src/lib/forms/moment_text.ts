import { parseInstant } from '../clock.svelte'

export type Subtype = 'date' | 'time' | 'datetime'
export type MomentText = { date: string; time: string }

/** China keeps one offset all year (no daylight saving since 1991), so wall-clock arithmetic is exact. */
const OFFSET = '+08:00'
const OFFSET_MS = 8 * 3_600_000

/** The instant as a Beijing wall clock shows it. */
export function wallClock(instant: number): MomentText {
  const iso = new Date(instant + OFFSET_MS).toISOString()
  return { date: iso.slice(0, 10), time: iso.slice(11, 16) }
}

export function splitMoment(value: string | null | undefined, subtype: Subtype): MomentText {
  if (!value) return { date: '', time: '' }
  if (subtype === 'date') return { date: value.slice(0, 10), time: '' }
  if (subtype === 'time') return { date: '', time: value.slice(0, 5) }
  const instant = parseInstant(value)
  return Number.isNaN(instant) ? { date: value, time: '' } : wallClock(instant)
}

export function joinMoment(date: string, time: string, subtype: Subtype): string | null {
  if (subtype === 'date') return date || null
  if (subtype === 'time') return time || null
  return date && time ? `${date}T${time}:00${OFFSET}` : null
}

/** "2026-10-01", "2026/10/1", "20261001", "10-1" (this year) -> "2026-10-01"; '' stays ''; null: no such day. */
export function parseDate(text: string, now: number): string | null {
  const typed = text.trim()
  if (typed === '') return ''
  const year = wallClock(now).date.slice(0, 4)
  const found =
    /^(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?$/.exec(typed) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(typed) ??
    /^()(\d{1,2})[-/.\u6708](\d{1,2})\u65e5?$/.exec(typed)
  if (!found) return null
  const [, y, m, d] = found
  const iso = `${y || year}-${m!.padStart(2, '0')}-${d!.padStart(2, '0')}`
  const day = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(iso) ? iso : null
}

/** "9:05", "09.05", "905", "9" -> "09:05" (or "09:00"); '' stays ''; null: no such time. */
export function parseTime(text: string): string | null {
  const typed = text.trim()
  if (typed === '') return ''
  const found = /^(\d{1,2})[:\uff1a.\u65f6](\d{1,2})\u5206?$/.exec(typed) ?? /^(\d{1,2})(\d{2})$/.exec(typed) ?? /^(\d{1,2})()$/.exec(typed)
  if (!found) return null
  const hour = Number(found[1])
  const minute = Number(found[2] || 0)
  if (hour > 23 || minute > 59) return null
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** What typed text means: null when a part of it means nothing; the value is null while a part is missing. */
export function readMoment(text: MomentText, subtype: Subtype, now: number) {
  const date = subtype === 'time' ? '' : parseDate(text.date, now)
  const time = subtype === 'date' ? '' : parseTime(text.time)
  return date === null || time === null ? null : { date, time, value: joinMoment(date, time, subtype) }
}
