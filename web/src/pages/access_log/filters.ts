import { parseDate } from '../../lib/forms/moment_text'

/** The filters as they stand in the address; an empty text asks for everything. Days are those of Beijing. */
export type Filters = { kind: string; person: string; case: string; from: string; until: string }

export const NAMES = ['kind', 'person', 'case', 'from', 'until'] as const
const DAY = 86_400_000

export function readFilters(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as Filters
}

/** The question to the server: both days are meant whole. */
export function asked(filters: Filters): URLSearchParams {
  const query = new URLSearchParams()
  const put = (name: string, value: string) => value && query.set(name, value)
  put('kind', filters.kind)
  put('userId', filters.person)
  put('processInstanceId', filters.case)
  if (filters.from) put('after', midnight(filters.from))
  if (filters.until) put('before', midnight(nextDay(filters.until)))
  return query
}

/** The typed day as the address has it; null where it is none. */
export function day(text: string, now: number): string | null {
  return parseDate(text, now)
}

function midnight(date: string): string {
  return `${date}T00:00:00.000+0800`
}

function nextDay(date: string): string {
  const instant = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(instant) ? date : new Date(instant + DAY).toISOString().slice(0, 10)
}
