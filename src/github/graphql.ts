// GraphQL answers in parts: `data` has what could be answered, and `errors` name the paths of the rest. What was answered
// is used. A null at the path of an error is no answer, unless the error says that there is no such thing.
import { type AccessProblemRead, translateRefusedCall } from '../translate/access-problem.ts'
import { asObject, asString, expectObject, expectObjects, type JsonObject, readAnswer } from './answer.ts'
import { GitHubFailure, type RequestIntent } from './failure.ts'
import { permissionOfField } from './permissions.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** A part that GitHub left out: where, why, and whether it may be there the next time. */
export type Gap = {
  readonly path: readonly (string | number)[]
  readonly words: string
  readonly isTemporary: boolean
  /** Set when a permission is missing. */
  readonly access: AccessProblemRead | null
}

export type RepositoryRead = { readonly repository: JsonObject; readonly gaps: readonly Gap[] }

/** Asks about one repository. Fails only when nothing about it was answered. */
export async function queryRepository(
  call: SendRequest,
  access: RepositoryAccess,
  query: string,
  variables: JsonObject = {},
): Promise<RepositoryRead> {
  const named = { owner: access.owner, name: access.name, ...variables }
  const { data, errors } = await sendGraphql(call, access, 'read', query, named)
  const repository = asObject(data?.repository)
  if (repository === null) throw failureOf(errors, `repository ${access.owner}/${access.name}`)
  return { repository, gaps: errors.filter(({ type }) => type !== 'NOT_FOUND').map(gapOf) }
}

/** Sends a mutation; fails unless GitHub did what it says. */
export async function changeByGraphql(
  call: SendRequest,
  access: RepositoryAccess,
  mutation: string,
  variables: JsonObject,
): Promise<void> {
  const { data, errors } = await sendGraphql(call, access, 'change', mutation, variables)
  if (errors.length > 0 || data === null) throw failureOf(errors, 'such object')
}

/** The answer as it comes; octokit's graphql() discards partial ones. */
export async function sendGraphql(
  call: SendRequest,
  access: RepositoryAccess,
  intent: RequestIntent,
  query: string,
  variables: JsonObject,
): Promise<{ readonly data: JsonObject | null; readonly errors: readonly JsonObject[] }> {
  const { body } = await call(access, intent, 'POST /graphql', { query, variables })
  const answer = expectObject(body, 'the result')
  return { data: asObject(answer.data), errors: expectObjects(answer.errors ?? [], 'errors') }
}

/** Translates what was answered; items of lists that were answered only in part are passed over. */
export function readRepository<T>({ repository, gaps }: RepositoryRead, translate: (repository: unknown) => T): T {
  try {
    return readAnswer(() => translate(repository))
  } catch (failure) {
    if (gaps.length === 0) throw failure
    return readAnswer(() => translate(withoutBrokenItems(repository, gaps)))
  }
}

/** Fails when the field was not answered, because then its null means nothing. */
export function expectAnswered(read: RepositoryRead, field: string): RepositoryRead {
  const gaps = read.gaps.filter(({ path }) => path[1] === undefined || path[1] === field)
  if (gaps.length === 0 || asObject(read.repository[field]) !== null) return read
  const words = gaps.map((gap) => gap.words).join('; ')
  const access = gaps.find((gap) => gap.access !== null)?.access
  if (access && gaps.every(({ isTemporary }) => !isTemporary)) throw new GitHubFailure('no_access', words, { access })
  throw new GitHubFailure('retryable', words)
}

function gapOf(error: JsonObject): Gap {
  const path = Array.isArray(error.path) ? error.path.filter((step) => ['string', 'number'].includes(typeof step)) : []
  const words = `${path.join('.') || 'a part'}: ${asString(error.message) ?? 'not answered'}`
  return { path, words, isTemporary: !isRefusal(error), access: isRefusal(error) ? accessOf(error) : null }
}

function withoutBrokenItems(repository: JsonObject, gaps: readonly Gap[]): unknown {
  const root = { repository: structuredClone(repository) }
  for (const { path } of gaps) {
    let place: unknown = root
    for (const step of path) {
      if (Array.isArray(place) && typeof step === 'number' && step < place.length) {
        place[step] = null
        break
      }
      place = asObject(place)?.[step]
    }
  }
  return root.repository
}

function failureOf(errors: readonly JsonObject[], subject: string): GitHubFailure {
  const words = errors.map((error) => asString(error.message)).join('; ') || 'GitHub sent an empty answer to a query'
  const refusal = errors.find(isRefusal)
  if (refusal !== undefined) return new GitHubFailure('no_access', words, { access: accessOf(refusal) })
  if (errors.length > 0 && errors.every(({ type }) => type === 'NOT_FOUND')) {
    return new GitHubFailure('not_found', `GitHub has no ${subject}`)
  }
  return new GitHubFailure('retryable', words)
}

/** GraphQL names no permission, but the part that it refuses. */
function accessOf({ path, message }: JsonObject): AccessProblemRead {
  const permission = permissionOfField(Array.isArray(path) ? path : [])
  return translateRefusedCall({ status: 403, headers: {}, message: asString(message) ?? '', permission })
}

function isRefusal({ type }: JsonObject): boolean {
  return type === 'FORBIDDEN' || type === 'INSUFFICIENT_SCOPES'
}
