import type { Deadline, TaskCard } from '../../lib/api'
import { parseInstant } from '../../lib/clock.svelte'
import type { IconName } from '../../lib/Icon.svelte'
import { roleName } from '../../lib/roles'
import { formatInstant, formatSpan } from '../../lib/times'
import type { Texts } from '../../lib/texts/zh'

export type Standing = 'late' | 'soon' | 'open' | 'none'

export const standingIcon: Record<Standing, IconName> = { late: 'alert', soon: 'alarm', open: 'clock', none: 'dash' }
const HOUR = 3_600_000

export function dueInstant(card: TaskCard): number | null {
  const text = card.deadline?.dueAt ?? card.due
  return text ? parseInstant(text) : null
}

/** Finishing at the exact due instant is still in time (states of a limit: met <= due), so late means after it. */
export function standing(card: TaskCard, now: number): Standing {
  const due = dueInstant(card)
  if (due === null) return 'none'
  if (now > due) return 'late'
  return now >= soonFrom(card.deadline, due) ? 'soon' : 'open'
}

/** The last reminder (80 % by rule) is where a limit becomes urgent; a bare due date does so an hour before. */
function soonFrom(deadline: Deadline | null, due: number): number {
  const warnings = (deadline?.warnAt ?? []).map(parseInstant)
  return warnings.length > 0 ? Math.max(...warnings) : due - HOUR
}

/** How much of the limit is used, 0..100; null where nobody knows when it began. */
export function progress(deadline: Deadline, instant: number): number | null {
  if (!deadline.anchorAt) return null
  const anchor = parseInstant(deadline.anchorAt)
  const length = parseInstant(deadline.dueAt) - anchor
  if (length <= 0) return 100
  return Math.max(0, Math.min(100, Math.round(((instant - anchor) / length) * 100)))
}

export function remaining(card: TaskCard, now: number, t: Texts): string {
  const due = dueInstant(card)
  if (due === null) return t.due.none
  return now > due ? t.over(formatSpan(now - due, t)) : t.left(formatSpan(due - now, t))
}

/** The hover text: which limit, the exact instants, the clause of the policy behind it, whom it has reached. */
export function explain(card: TaskCard, t: Texts): string {
  const due = dueInstant(card)
  if (due === null) return t.noDeadline
  const { deadline } = card
  const lines = [deadline && deadlineName(deadline, t), t.dueAt(formatInstant(due, t))]
  if (deadline?.anchorAt) lines.push(t.startedAt(formatInstant(parseInstant(deadline.anchorAt), t)))
  if (deadline?.clause) lines.push(t.clause(deadline.clause))
  if (deadline?.escalatedTo.length) lines.push(t.escalatedTo(deadline.escalatedTo.map(roleName).join(t.separator)))
  return lines.filter(Boolean).join('\n')
}

export function deadlineName(deadline: Deadline, t: Texts): string {
  return t.deadlines[deadline.code] ?? deadline.code
}
