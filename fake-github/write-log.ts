// Records every request from outside with its time, so that a test can count what was sent and what was done.
import { isMutation } from './graphql.ts'

export type RequestKind =
  | 'comment'
  | 'comment-edit'
  | 'comment-delete'
  | 'check'
  | 'check-edit'
  | 'dispatch'
  | 'cancel'
  | 'reaction'
  | 'reaction-delete'
  | 'token'
  | 'graphql'
  | 'minimize'
  | 'permission'
  | 'read'
  | 'other'

export type RecordedRequest = {
  readonly kind: RequestKind
  readonly method: string
  readonly path: string
  /** This GitHub's time, in milliseconds. */
  readonly at: number
  /** `owner/repo`, or null outside repositories. */
  readonly repository: string | null
  readonly body: unknown
  /** The status of the answer; 0 before it, or when the connection was cut. */
  status: number
  /** Whether the work was done, whatever was answered. */
  done: boolean
  /** The fault that struck it. */
  fault: string | null
}

export type WriteLog = {
  /** Requests that write, oldest first. */
  readonly all: readonly RecordedRequest[]
  /** The number of done requests of a kind. */
  count(kind: RequestKind): number
  ofKind(kind: RequestKind): readonly RecordedRequest[]
  /** All requests but those for tokens, reads included. */
  readonly requests: readonly RecordedRequest[]
  clear(): void
}

export type WriteRecorder = WriteLog & {
  record(request: Omit<RecordedRequest, 'status' | 'done' | 'fault'>): RecordedRequest
}

export function openWriteLog(): WriteRecorder {
  const all: RecordedRequest[] = []
  const requests: RecordedRequest[] = []
  return {
    all,
    ofKind: (kind) => all.filter((write) => write.kind === kind),
    count: (kind) => all.filter((write) => write.kind === kind && write.done).length,
    requests,
    clear() {
      all.length = 0
      requests.length = 0
    },
    record(request) {
      const noted = { ...request, status: 0, done: false, fault: null }
      if (request.kind !== 'token') requests.push(noted)
      if (WRITE_KINDS.has(request.kind)) all.push(noted)
      return noted
    },
  }
}

const WRITE_KINDS = new Set<RequestKind>([
  'comment',
  'comment-edit',
  'comment-delete',
  'check',
  'check-edit',
  'dispatch',
  'cancel',
  'reaction',
  'reaction-delete',
  'minimize',
  'other',
])

/** The kind of a request; the only mutations of GraphQL here fold comments away. */
export function requestKindOf(method: string, path: string, body: unknown): RequestKind {
  if (path === '/graphql' && isMutation(body)) return 'minimize'
  const found = KIND_ROUTES.find(([verb, pattern]) => verb === method && pattern.test(path))
  if (found) return found[2]
  return method === 'GET' || method === 'HEAD' ? 'read' : 'other'
}

const KIND_ROUTES: readonly (readonly [string, RegExp, RequestKind])[] = [
  ['POST', /\/issues\/\d+\/comments$/, 'comment'],
  ['PATCH', /\/issues\/comments\/\d+$/, 'comment-edit'],
  ['DELETE', /\/issues\/comments\/\d+$/, 'comment-delete'],
  ['POST', /\/check-runs$/, 'check'],
  ['PATCH', /\/check-runs\/\d+$/, 'check-edit'],
  ['POST', /\/dispatches$/, 'dispatch'],
  ['POST', /\/actions\/runs\/\d+\/(force-)?cancel$/, 'cancel'],
  ['POST', /\/reactions$/, 'reaction'],
  ['DELETE', /\/reactions\/\d+$/, 'reaction-delete'],
  ['POST', /^\/app\/installations\/\d+\/access_tokens$/, 'token'],
  ['POST', /^\/graphql$/, 'graphql'],
  ['GET', /\/collaborators\/[^/]+\/permission$/, 'permission'],
]
