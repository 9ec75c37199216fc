import { clock } from './clock.svelte'
import type { Name } from './language.svelte'

export type Role = { code: string; zh: string; en: string }
export type User = { id: string; name?: string | null; roles: Role[] }
export type Session = { user: User; csrfToken: string; demo: boolean }
export type View = 'mine' | 'groups' | 'all'
export type Due = 'overdue' | 'today'

export type Deadline = {
  code: string
  dueAt: string
  anchorAt: string | null
  state: string
  clause: string | null
  warnAt: string[]
  escalatedTo: string[]
}

export type TaskCard = {
  id: string
  name: Name
  elementId: string
  processKey: string
  processName: Name
  processInstanceId: string
  businessKey: string | null
  caseNo: string | null
  customerRef: string | null
  assignee: string | null
  created: string
  due: string | null
  deadline: Deadline | null
  priority: number
  candidateGroups: string[]
  why: { kind: 'assignee' | 'group' | 'escalation'; group: string | null } | null
  mayComplete: boolean
}

export type FormSchema = { id?: string; components: FormComponent[]; [key: string]: unknown }
export type FormComponent = {
  type: string
  id?: string
  key?: string
  path?: string
  label?: string
  properties?: Record<string, string>
  components?: FormComponent[]
  [key: string]: unknown
}
export type Form = { id: string; schema: FormSchema }
export type FormData = Record<string, unknown>
export type Attempt = { at: string; by: string; data: FormData }

export type Task = TaskCard & {
  documentation: Name | null
  form: Form | null
  data: FormData
  attempts: Attempt[]
  /** Fields shown masked to this reader; they are displayed but never sent back. */
  masked?: string[]
}

export type TaskPage = { items: TaskCard[]; total: number; now: string; counts?: Record<View, number> }
export type FieldFault = { field: string | null; code?: string; zh: string; en: string }
export type InstancePath = {
  processKey: string
  name: Name
  xml: string
  flows: string[]
  completed: string[]
  current: string[]
  ended: string | null
}
export type Startable = { processKey: string; name: Name; message: string | null; form: Form | null }
export type Started = { processInstanceId: string; caseNo: string | null; next: TaskCard | null }
export type Attachment = { attachment_id: string; sha256: string; size: number; type: string; name?: string }

type Refusal = { type?: string; message?: string; holder?: string | { id: string } | null; errors?: FieldFault[] }

/** What the server refused. status 0: no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: Refusal,
  ) {
    super(body.message ?? `HTTP ${status}`)
  }

  get holder(): string | null {
    const holder = this.body.holder
    return (typeof holder === 'object' ? holder?.id : holder) ?? null
  }

  get faults(): FieldFault[] {
    return this.body.errors ?? []
  }
}

let csrfToken = ''
let onExpired: () => void = () => {}

/** The token lives in memory only: a page of another origin can neither read nor replay it. */
export function useSession(token: string, expired: () => void): void {
  csrfToken = token
  onExpired = expired
}

async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('Accept', 'application/json')
  headers.set('Accept-Language', document.documentElement.lang)
  if (method !== 'GET' && csrfToken) headers.set('X-CSRF-Token', csrfToken)
  let response: Response
  try {
    response = await fetch(path, { ...init, method, headers, credentials: 'same-origin' })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new ApiError(0, {})
  }
  if (response.ok || response.status === 304) return response
  if (response.status === 401 && path !== '/api/session') onExpired()
  throw new ApiError(response.status, await response.json().catch(() => ({})))
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send('GET', path, { signal })).json()
}

async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  return (await send('POST', path, { headers, body: JSON.stringify(body) })).json()
}

const at = (id: string) => encodeURIComponent(id)

export const sessions = {
  current: () => get<Session>('/api/session'),
  open: (username: string, password: string) => post<Session>('/api/session', { username, password }),
  close: () => send('DELETE', '/api/session'),
  demo: () => get<{ demo: boolean; users?: { id: string; roles: Role[] }[] }>('/api/demo'),
}

/** A page of tasks, or null when nothing has changed since the last answer to the same question. */
export class TaskQuery {
  #etag: string | null = null
  readonly #path: string

  constructor(view: View, due: Due | null, maxResults: number) {
    const parameters = new URLSearchParams({ view, maxResults: String(maxResults) })
    if (due) parameters.set('due', due)
    this.#path = `/api/tasks?${parameters}`
  }

  async fetch(): Promise<TaskPage | null> {
    const headers: HeadersInit = this.#etag ? { 'If-None-Match': this.#etag } : {}
    // no-store: the browser's own cache would turn a 304 into a 200 and hide that nothing has changed.
    const response = await send('GET', this.#path, { headers, cache: 'no-store' })
    if (response.status === 304) return null
    this.#etag = response.headers.get('ETag')
    const page: TaskPage = await response.json()
    clock.learn(page.now)
    return page
  }
}

export const userTasks = {
  one: (id: string, signal?: AbortSignal) => get<Task>(`/api/tasks/${at(id)}`, signal),
  claim: (id: string) => post<TaskCard>(`/api/tasks/${at(id)}/claim`),
  unclaim: (id: string) => post<TaskCard>(`/api/tasks/${at(id)}/unclaim`),
  complete: (id: string, data: FormData) =>
    post<{ completed: string; next: TaskCard | null }>(`/api/tasks/${at(id)}/complete`, { data }),
  attempt: (id: string, data: FormData) => post<TaskCard>(`/api/tasks/${at(id)}/attempts`, { data }),
}

export const processInstances = {
  path: (id: string) => get<InstancePath>(`/api/instances/${at(id)}/path`),
}

export const processDefinitions = {
  startable: () => get<Startable[]>('/api/startable'),
  start: (processKey: string, data: FormData) => post<Started>('/api/start', { processKey, data }),
}

export const attachments = {
  async upload(file: File, processInstanceId: string | null): Promise<Attachment> {
    const query = processInstanceId ? `?processInstanceId=${at(processInstanceId)}` : ''
    const headers = { 'Content-Type': file.type || 'application/octet-stream' }
    return (await send('POST', `/api/attachments${query}`, { headers, body: file })).json()
  },
  address: (id: string) => `/api/attachments/${at(id)}`,
}
