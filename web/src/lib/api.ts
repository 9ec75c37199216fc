import { clock } from './clock.svelte'
import type { Name } from './language.svelte'

export type Role = { code: string; zh: string; en: string }
export type User = { id: string; name?: string | null; roles: Role[] }
export type Session = { user: User; csrfToken: string; demo: boolean }
export type View = 'mine' | 'groups' | 'covered' | 'all'
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
  /** The absent person in whose place the assignee works on it. */
  actingFor?: string | null
  created: string
  due: string | null
  deadline: Deadline | null
  priority: number
  candidateGroups: string[]
  why: { kind: 'assignee' | 'group' | 'escalation' | 'substitute'; group: string | null; person?: string } | null
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
  /** The process has activities that people start by hand. */
  byHand?: boolean
  /** Fields shown masked to this reader; they are displayed but never sent back. */
  masked?: string[]
}

export type TaskPage = {
  items: TaskCard[]
  total: number
  now: string
  counts?: Record<View, number>
  /** The absent people whom the reader covers at this instant. */
  covers?: string[]
}
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

export type Absence = {
  id: string
  userId: string
  substituteId: string
  from: string
  until: string
  /** As the server's clock has it. */
  state: 'coming' | 'now' | 'over'
  recorded: string
  recordedBy: string
}
export type NewAbsence = { userId?: string; substituteId: string; from: string; until: string }
export type AdHoc = {
  activityInstanceId: string
  activityId: string
  name: Name
  canComplete: boolean
  activities: { activityId: string; name: Name; mayStart: boolean }[]
}
export type AccessEntry = {
  id: string
  at: string
  kind: string
  userId: string
  processInstanceId: string | null
  details: Record<string, unknown>
}
export type Verification = {
  intact: boolean
  chains: number
  events: number
  faults: { chainId: string; seq: number | null; reason: Name }[]
  blindSpots: Name[]
}

type Refusal = {
  type?: string
  message?: string
  holder?: string | { id: string } | null
  errors?: FieldFault[]
  /** Why a password is refused or opens nothing; `said` is the same in both languages. */
  reason?: string
  said?: Name
}

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
  // A wrong password at log-in or at changing it says nothing of the session.
  if (response.status === 401 && path !== '/api/session' && path !== '/api/password') onExpired()
  throw new ApiError(response.status, await response.json().catch(() => ({})))
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send('GET', path, { signal })).json()
}

function sendJson(method: string, path: string, body: unknown): Promise<Response> {
  return send(method, path, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}

async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return (await sendJson('POST', path, body)).json()
}

const at = (id: string) => encodeURIComponent(id)

export const sessions = {
  current: () => get<Session>('/api/session'),
  open: (username: string, password: string) => post<Session>('/api/session', { username, password }),
  close: () => send('DELETE', '/api/session'),
  changePassword: (passwords: { username?: string; old: string; new: string }) =>
    sendJson('POST', '/api/password', passwords),
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

/** What people may start in the ad-hoc sub-processes of a case, and when it is enough. */
export const adHocActivities = {
  find: (instanceId: string) => get<AdHoc[]>(`/api/instances/${at(instanceId)}/ad-hoc`),
  start: (instanceId: string, activityInstanceId: string, activityId: string) =>
    sendJson('POST', `/api/instances/${at(instanceId)}/ad-hoc/start`, { activityInstanceId, activityId }),
  complete: (instanceId: string, activityInstanceId: string) =>
    sendJson('POST', `/api/instances/${at(instanceId)}/ad-hoc/complete`, { activityInstanceId }),
}

export const absences = {
  list: () => get<Absence[]>('/api/absences'),
  people: () => get<User[]>('/api/absences/people'),
  substitutes: (userId: string) => get<User[]>(`/api/absences/substitutes?userId=${at(userId)}`),
  record: (absence: NewAbsence) => post<Absence>('/api/absences', absence),
  change: async (id: string, changes: Partial<NewAbsence>): Promise<Absence> =>
    (await sendJson('PUT', `/api/absences/${at(id)}`, changes)).json(),
  end: (id: string) => send('DELETE', `/api/absences/${at(id)}`),
}

export const accessLog = {
  page: (filters: URLSearchParams, first: number, maxResults: number) =>
    get<AccessEntry[]>(`/api/access-log?${filters}&firstResult=${first}&maxResults=${maxResults}`),
  count: async (filters: URLSearchParams) => (await get<{ count: number }>(`/api/access-log/count?${filters}`)).count,
  verify: (processInstanceId: string | null) =>
    get<Verification>(`/api/audit/verify${processInstanceId ? `?processInstanceId=${at(processInstanceId)}` : ''}`),
}

/** Tells what the reader may do by the access matrix, which stands on the server alone. */
export const rights = {
  may: async (permission: string, resource: string): Promise<boolean> => {
    const asked = new URLSearchParams({ permissionName: permission, resourceName: resource })
    return (await get<{ authorized: boolean }>(`/engine-rest/authorization/check?${asked}`)).authorized
  },
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
