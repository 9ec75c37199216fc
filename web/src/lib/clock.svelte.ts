/**
 * The server's clock, as far as this window knows it. Deadlines are the server's instants and the machine in front
 * of the reader may be wrong (or the server may run on a virtual clock), so the browser's time is never compared
 * with a deadline.
 */
class ServerClock {
  #aheadBy = $state(0)
  #tick = $state(Date.now())

  constructor() {
    setInterval(() => (this.#tick = Date.now()), 15_000)
  }

  /** Milliseconds since 1970; changes every 15 seconds, and whoever renders it re-renders. */
  get now(): number {
    return this.#tick + this.#aheadBy
  }

  /** The present instant, not rounded to a tick: what the Now button of a form enters. */
  read(): number {
    return Date.now() + this.#aheadBy
  }

  learn(serverNow: string | undefined): void {
    const instant = serverNow ? parseInstant(serverNow) : NaN
    if (Number.isNaN(instant)) return
    this.#tick = Date.now()
    // Half a second of network delay is no reason to re-render every row.
    if (Math.abs(instant - this.#tick - this.#aheadBy) > 1500) this.#aheadBy = instant - this.#tick
  }
}

/** Milliseconds of an ISO instant; the API writes offsets without a colon (+0800), which not every browser reads. */
export function parseInstant(text: string): number {
  return Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
}

export const clock = new ServerClock()
