import type { AccessEntry } from '../../lib/api'
import { roleName } from '../../lib/roles'
import { formatStamp } from '../../lib/times'
import type { Texts } from '../../lib/texts/zh'

type Part = { text: string; title?: string; code?: boolean }

const MICROS_PER_MS = 1000

/** What an entry says beyond who, when and which case, in the order people ask for it. Never a value of the case. */
export function details(entry: AccessEntry, t: Texts): Part[] {
  const { method, route, operation, resource, thing, request, leftOut, absence: _, ...rest } = entry.details
  const parts: Part[] = []
  if (route) parts.push({ text: `${method ?? ''} ${route}`.trim(), code: true, title: request ? `${t.accessLog.request} ${request}` : undefined })
  if (operation) parts.push({ text: t.accessLog.refusedRight(String(operation), String(resource ?? '')) })
  if (thing) parts.push({ text: `${t.accessLog.thing} ${thing}` })
  for (const [name, value] of Object.entries(rest)) parts.push({ text: written(name, value, t) })
  if (leftOut) parts.push({ text: t.accessLog.leftOut(Number(leftOut)) })
  return parts
}

function written(name: string, value: unknown, t: Texts): string {
  const said = t.accessLog
  if (name === 'reason') return said.withReason
  if (name === 'provided') return said.provided
  // Codes of roles have names; those of branches, which `before` may hold, too, stay as they are.
  if (name === 'roles' || name === 'before') return `${said[name]} ${list(value, t, roleName) || '–'}`
  if (name === 'from' || name === 'until') {
    return `${name === 'from' ? said.absentFrom : said.absentUntil} ${formatStamp(Number(value) / MICROS_PER_MS)}`
  }
  const labels: Record<string, string> = {
    variables: said.fields,
    classes: said.classes,
    user: said.user,
    users: said.users,
    branches: said.branches,
    substitute: said.substitute,
    task_id: t.task,
  }
  return `${labels[name] ?? name} ${list(value, t)}`
}

function list(value: unknown, t: Texts, named: (code: string) => string = (code) => code): string {
  if (Array.isArray(value)) return value.map((one) => named(String(one))).join(t.separator)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
