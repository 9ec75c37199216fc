import { ApiError, TaskQuery, type Due, type TaskCard, type TaskPage, type View } from '../../lib/api'

export type Row = TaskCard & { gone?: boolean }

export const VIEWS: View[] = ['mine', 'groups', 'covered', 'all']
const PAGE = 50
/** The counts of the other tabs may be a few seconds older than the list that is being read. */
const COUNT_EVERY_POLLS = 3

/**
 * The list as the reader sees it. New answers of the server change rows where they stand; rows that appear wait behind
 * a pill and rows that vanish are dimmed, so that nothing ever moves under the cursor. Only the reader's own act
 * (choosing a tab, the pill, completing a task) puts the server's order in place.
 */
class Inbox {
  view = $state<View>('mine')
  due = $state<Due | null>(null)
  rows = $state.raw<Row[]>([])
  total = $state(0)
  counts = $state.raw<Partial<Record<View, number>>>({})
  /** The absent people whom the reader covers now; without any there is no tab for them. */
  covers = $state.raw<string[]>([])
  newCount = $state(0)
  loaded = $state(false)
  offline = $state(false)

  #limit = PAGE
  #query: TaskQuery | null = null
  #counters: Partial<Record<View, TaskQuery>> = {}
  #latest: TaskPage | null = null
  #polls = 0

  get views(): View[] {
    return VIEWS.filter((view) => view !== 'covered' || this.covers.length > 0 || this.view === 'covered')
  }

  show(view: View, due: Due | null): void {
    if (this.#query && view === this.view && due === this.due) return
    Object.assign(this, { view, due, rows: [], loaded: false, newCount: 0 })
    this.#limit = PAGE
    this.#ask()
  }

  showMore(): void {
    this.#limit += PAGE
    this.#ask()
  }

  row(id: string): Row | undefined {
    return this.rows.find((row) => row.id === id)
  }

  patch(id: string, changes: Partial<TaskCard>): void {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, ...changes } : row))
  }

  remove(id: string): void {
    this.rows = this.rows.filter((row) => row.id !== id)
  }

  /** Puts the server's latest order in place. */
  apply(): void {
    if (!this.#latest) return
    this.rows = this.#latest.items
    this.newCount = 0
  }

  /** After the reader's own act: asks at once and takes the answer as it is. */
  async refresh(): Promise<void> {
    await this.poll()
    this.apply()
  }

  async poll(): Promise<void> {
    const query = this.#query
    if (!query) return
    try {
      const page = await query.fetch()
      if (query !== this.#query) return
      this.offline = false
      if (page) this.#take(page)
      if (this.#polls++ % COUNT_EVERY_POLLS === 0) await this.#count()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.offline = error.status !== 401
    }
  }

  /** Forgets everything, so that the next person at this window sees nothing of the last one. */
  clear(): void {
    this.#query = this.#latest = null
    this.#counters = {}
    Object.assign(this, { rows: [], counts: {}, covers: [], total: 0, loaded: false, newCount: 0 })
  }

  #ask(): void {
    this.#query = new TaskQuery(this.view, this.due, this.#limit)
    this.#latest = null
    this.#polls = 0
    void this.poll().then(() => this.apply())
  }

  #take(page: TaskPage): void {
    this.#latest = page
    this.total = page.total
    this.covers = page.covers ?? []
    if (page.counts) this.counts = page.counts
    else if (!this.due) this.counts = { ...this.counts, [this.view]: page.total }
    if (!this.loaded) {
      this.loaded = true
      this.apply()
      return
    }
    const fresh = new Map(page.items.map((item) => [item.id, item]))
    const shown = new Set(this.rows.map((row) => row.id))
    this.rows = this.rows.map((row) => fresh.get(row.id) ?? { ...row, gone: true })
    this.newCount = page.items.filter((item) => !shown.has(item.id)).length
  }

  async #count(): Promise<void> {
    if (this.#latest?.counts) return
    for (const view of VIEWS) {
      if (view === this.view && !this.due) continue
      const page = await (this.#counters[view] ??= new TaskQuery(view, null, 1)).fetch()
      if (page) this.counts = { ...this.counts, [view]: page.total }
    }
  }
}

export const inbox = new Inbox()
