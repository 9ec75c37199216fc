import { ApiError, rights, sessions, useSession, type Role, type Session, type User } from './api'
import { drafts } from './drafts.svelte'

export type SessionState = 'unknown' | 'out' | 'in' | 'unreachable'

/** Who works at this window. The cookie belongs to the server; here live only the name, roles and CSRF token. */
class CurrentSession {
  state = $state<SessionState>('unknown')
  user = $state.raw<User | null>(null)
  demo = $state(false)
  /** What the menu and the pages offer beyond one's own work; the server decides again when it is asked for. */
  may = $state.raw({ readAccessLog: false, verifyHistory: false })

  async restore(): Promise<void> {
    try {
      this.#begin(await sessions.current())
    } catch (error) {
      this.state = error instanceof ApiError && error.status === 401 ? 'out' : 'unreachable'
    }
  }

  async logIn(username: string, password: string): Promise<void> {
    this.#begin(await sessions.open(username, password))
  }

  async logOut(): Promise<void> {
    await sessions.close().catch(() => undefined)
    this.#end()
  }

  isMe(userId: string | null): boolean {
    return userId !== null && userId === this.user?.id
  }

  role(code: string): Role | undefined {
    return this.user?.roles.find((role) => role.code === code)
  }

  #begin(session: Session): void {
    drafts.belongTo(session.user.id)
    useSession(session.csrfToken, () => this.#expire())
    this.user = session.user
    this.demo = session.demo
    this.state = 'in'
    void this.#learnRights(session.user)
  }

  async #learnRights(user: User): Promise<void> {
    const asked = [rights.may('read', 'AccessLog'), rights.may('verify', 'History')]
    const [readAccessLog, verifyHistory] = await Promise.all(asked.map((answer) => answer.catch(() => false)))
    if (user === this.user) this.may = { readAccessLog: !!readAccessLog, verifyHistory: !!verifyHistory }
  }

  /** The server no longer knows the cookie: the same person may log in again and finds the drafts. */
  #expire(): void {
    useSession('', () => undefined)
    this.state = 'out'
  }

  #end(): void {
    drafts.clear()
    this.#expire()
    this.user = null
    this.may = { readAccessLog: false, verifyHistory: false }
  }
}

export const session = new CurrentSession()
