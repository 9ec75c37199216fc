import { announcements } from './announcements.svelte'

/** Where the reader is. Addresses are plain paths (/tasks/<id>, /new, /instances/<id>/path): they can be sent on. */
class Router {
  path = $state(location.pathname)
  query = $state.raw(new URLSearchParams(location.search))

  constructor() {
    addEventListener('popstate', () => {
      announcements.clear()
      this.#read()
    })
  }

  go(address: string, options: { replace?: boolean } = {}): void {
    if (address === location.pathname + location.search) return
    history[options.replace ? 'replaceState' : 'pushState'](null, '', address)
    this.#read()
  }

  /** The same page with some query parameters changed; null or '' removes one. */
  withQuery(changes: Record<string, string | null>, path: string = this.path): string {
    const query = new URLSearchParams(this.query)
    for (const [name, value] of Object.entries(changes)) {
      if (value) query.set(name, value)
      else query.delete(name)
    }
    const text = query.toString()
    return text ? `${path}?${text}` : path
  }

  #read(): void {
    this.path = location.pathname
    this.query = new URLSearchParams(location.search)
  }
}

export const router = new Router()

/** Follows links of this site without loading the page again; a modified click stays the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element).closest?.('a')
  if (!link || link.target || link.hasAttribute('download')) return
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return
  event.preventDefault()
  announcements.clear()
  router.go(link.pathname + link.search)
}
