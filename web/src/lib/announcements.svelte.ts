export type Announcement = { id: number; text: string; tone: 'good' | 'late' | 'plain' }

const SHOWN_MS = 6000

/** One sentence about what has just happened, shown at the top and read aloud (aria-live). */
class Announcements {
  shown = $state.raw<Announcement[]>([])
  #next = 1

  say(text: string, tone: Announcement['tone'] = 'plain'): void {
    const announcement = { id: this.#next++, text, tone }
    // Two at most: a pile of sentences is not read, and must never reach the watermark of the diagram below.
    this.shown = [...this.shown.slice(-1), announcement]
    setTimeout(() => this.drop(announcement.id), SHOWN_MS)
  }

  /** What was said of a page is not about the next one that the reader turns to. */
  clear(): void {
    this.shown = []
  }

  drop(id: number): void {
    this.shown = this.shown.filter((announcement) => announcement.id !== id)
  }
}

export const announcements = new Announcements()
