import { announcements } from '../../lib/announcements.svelte'
import { ApiError, userTasks, type FieldFault, type FormData, type Task, type TaskCard } from '../../lib/api'
import { drafts } from '../../lib/drafts.svelte'
import { language } from '../../lib/language.svelte'
import { session } from '../../lib/session.svelte'
import { inbox } from './inbox.svelte'

export type OpenState = 'none' | 'loading' | 'ready' | 'missing' | 'forbidden' | 'failed'
export type Completion = { next: TaskCard | null } | { faults: FieldFault[] } | null

/** The task beside the list, and what its reader can do with it. */
class OpenTask {
  task = $state.raw<Task | null>(null)
  state = $state<OpenState>('none')
  busy = $state(false)
  #asked: string | null = null

  /** The form may be filled in by its assignee, and by whoever the server lets complete an assigned task. */
  get editable(): boolean {
    return this.task !== null && this.task.assignee !== null && this.task.mayComplete
  }

  async load(id: string | null): Promise<void> {
    if (id === this.#asked) return
    this.#asked = id
    if (id === null) {
      Object.assign(this, { task: null, state: 'none' })
      return
    }
    this.state = 'loading'
    await this.reload(id)
  }

  async reload(id: string): Promise<void> {
    try {
      const task = await userTasks.one(id)
      if (id === this.#asked) Object.assign(this, { task, state: 'ready' })
    } catch (error) {
      if (id !== this.#asked) return
      this.task = null
      this.state = stateAfter(error)
    }
  }

  /** Takes over what a poll of the list has learnt about the open task. */
  follow(card: TaskCard | undefined): void {
    if (card && this.task?.id === card.id && !this.busy) this.task = { ...this.task, ...cardOnly(card) }
  }

  /** Shows the claim at once; when somebody was faster, takes it back and says who. */
  async claim(card: TaskCard): Promise<void> {
    const before = claimOf(card)
    const me = session.user!.id
    const why = card.why?.kind === 'substitute' ? card.why : ({ kind: 'assignee', group: null } as const)
    this.#patch(card.id, { assignee: me, mayComplete: true, why })
    try {
      this.#patch(card.id, cardOnly(await userTasks.claim(card.id)))
      announcements.say(language.texts.claimed(language.pick(card.name)), 'good')
      // The reader's own claim is no news to the reader: it joins the list without a pill.
      if (!inbox.row(card.id)) await inbox.refresh()
    } catch (error) {
      const holder = error instanceof ApiError && error.status === 409 ? error.holder : null
      this.#patch(card.id, holder ? { ...before, assignee: holder, mayComplete: false } : before)
      this.#explain(error, (name) => language.texts.claimedByOther(name))
    }
  }

  async unclaim(card: TaskCard): Promise<void> {
    const before = claimOf(card)
    this.#patch(card.id, { assignee: null, mayComplete: false })
    try {
      this.#patch(card.id, cardOnly(await userTasks.unclaim(card.id)))
      announcements.say(language.texts.unclaimedDone(language.pick(card.name)))
    } catch (error) {
      this.#patch(card.id, before)
      this.#explain(error, (name) => language.texts.completedByOther(name))
    }
  }

  /** Sends the form. Returns what comes next, the faults to show at the fields, or null when it was refused. */
  async complete(task: Task, data: FormData): Promise<Completion> {
    return this.#whileBusy(async () => {
      const { next } = await userTasks.complete(task.id, data)
      drafts.drop(task.id)
      inbox.remove(task.id)
      return { next }
    })
  }

  /** Saves a call that reached nobody; the task stays open. */
  async attempt(task: Task, data: FormData): Promise<Completion> {
    return this.#whileBusy(async () => {
      this.#patch(task.id, cardOnly(await userTasks.attempt(task.id, data)))
      drafts.drop(task.id)
      await this.reload(task.id)
      announcements.say(language.texts.attemptSaved, 'good')
      return null
    })
  }

  async #whileBusy(act: () => Promise<Completion>): Promise<Completion> {
    if (this.busy) return null
    this.busy = true
    try {
      return await act()
    } catch (error) {
      if (error instanceof ApiError && error.faults.length > 0) return { faults: error.faults }
      this.#explain(error, (name) => language.texts.completedByOther(name))
      if (error instanceof ApiError && error.status === 409 && this.#asked) void this.reload(this.#asked)
      return null
    } finally {
      this.busy = false
    }
  }

  #patch(id: string, changes: Partial<TaskCard>): void {
    inbox.patch(id, changes)
    if (this.task?.id === id) this.task = { ...this.task, ...changes }
  }

  #explain(error: unknown, conflict: (holder: string) => string): void {
    if (!(error instanceof ApiError)) throw error
    announcements.say(explanation(error, conflict), 'late')
  }
}

function explanation(error: ApiError, conflict: (holder: string) => string): string {
  const t = language.texts
  if (error.status === 0) return t.offline
  if (error.status === 403) return t.forbidden
  if (error.status === 404) return t.taskNotFound
  if (error.status === 409) return error.holder ? conflict(error.holder) : t.completeTwice
  return error.body.message ?? t.serverFault
}

function stateAfter(error: unknown): OpenState {
  if (!(error instanceof ApiError)) throw error
  if (error.status === 404) return 'missing'
  return error.status === 403 ? 'forbidden' : 'failed'
}

function claimOf({ assignee, actingFor, mayComplete, why }: TaskCard): Partial<TaskCard> {
  return { assignee, actingFor, mayComplete, why }
}

/** The card's own fields that can change while a task is open; its form and data are never replaced under the hand. */
function cardOnly(card: TaskCard): Partial<TaskCard> {
  const { assignee, actingFor, due, deadline, priority, candidateGroups, why, mayComplete } = card
  return { assignee, actingFor, due, deadline, priority, candidateGroups, why, mayComplete }
}

export const openTask = new OpenTask()
