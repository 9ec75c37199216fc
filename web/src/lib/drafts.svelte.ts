import { SvelteMap } from 'svelte/reactivity'
import type { FormData } from './api'

const PREFIX = 'marque.draft.'
const OWNER = 'marque.draft-owner'

/**
 * What somebody has typed and not yet sent, per task.
 *
 * Personal data must not reach this machine's disk: it would stay there outside of retention, erasure and the access
 * log, on a counter PC that several people use. localStorage and IndexedDB are files, so they are out. sessionStorage
 * dies with the tab, yet browsers write it to the profile to restore a crashed tab; therefore only fields whose class
 * is "none" go there (they survive a reload) and personal fields stay in memory (they survive moving between tasks).
 * Logging out, or somebody else logging in, clears both.
 */
class Drafts {
  #held = new SvelteMap<string, FormData>()

  constructor() {
    for (const key of storedKeys()) {
      this.#held.set(key.slice(PREFIX.length), JSON.parse(sessionStorage.getItem(key) ?? '{}'))
    }
  }

  get count(): number {
    return this.#held.size
  }

  has(key: string): boolean {
    return this.#held.has(key)
  }

  load(key: string): FormData | undefined {
    return this.#held.get(key)
  }

  save(key: string, data: FormData, personalFields: ReadonlySet<string>): void {
    this.#held.set(key, data)
    const harmless = Object.entries(data).filter(([field]) => !personalFields.has(field))
    sessionStorage.setItem(PREFIX + key, JSON.stringify(Object.fromEntries(harmless)))
  }

  drop(key: string): void {
    this.#held.delete(key)
    sessionStorage.removeItem(PREFIX + key)
  }

  clear(): void {
    this.#held.clear()
    storedKeys().forEach((key) => sessionStorage.removeItem(key))
  }

  belongTo(userId: string): void {
    const owner = sessionStorage.getItem(OWNER)
    if (owner !== null && owner !== userId) this.clear()
    sessionStorage.setItem(OWNER, userId)
  }
}

function storedKeys(): string[] {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX))
}

export const drafts = new Drafts()

// Drafts survive moving about inside the inbox; closing or reloading the window loses their personal part, so ask.
addEventListener('beforeunload', (event) => {
  if (drafts.count > 0) event.preventDefault()
})
