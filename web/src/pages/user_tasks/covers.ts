import type { TaskCard } from '../../lib/api'

/** The absent person in whose place the reader sees a task, or somebody works on it; null where nobody is absent. */
export function absentPerson(card: TaskCard): string | null {
  return (card.why?.kind === 'substitute' ? card.why.person : card.actingFor) ?? null
}
