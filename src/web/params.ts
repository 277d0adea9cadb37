// Validates what a request asks for. Every mistake is an HttpError that says what would be valid.
import { HEALTHS, LIGHTS, ORDERS } from './find-form.ts'
import { HttpError } from './http-errors.ts'
import type { Onlooker, SignedInUser } from './onlooker.ts'
import type { Reader } from './reader.ts'
import { onlookerOf, type RequestContext } from './site.ts'
import { unknownPlace } from './stream-formats.ts'
import type { BoardFilter, ViewScope } from './view-scope.ts'

export const REPOSITORY_NAME = /^[\w.-]{1,100}\/[\w.-]{1,100}$/
// Owners whose pages would collide with our own paths.
const RESERVED_OWNERS = [
  'account',
  'api',
  'assets',
  'badge',
  'events',
  'health',
  'healthz',
  'login',
  'logout',
  'metrics',
  'readyz',
  'setup',
]

export const MAX_SEARCH = 100

/** The words of `?light=failed&light=review` or `?light=failed,review`; undefined when none is named. */
function parseWords<Word extends string>(
  query: URLSearchParams,
  name: string,
  known: readonly Word[],
): readonly Word[] | undefined {
  const words = query.getAll(name).flatMap((value) => value.split(','))
  const asked = words.map((word) => word.trim()).filter((word) => word !== '')
  if (asked.length === 0) return undefined
  return asked.map((word) => {
    const found = known.find((candidate) => candidate === word)
    if (found === undefined) throw new HttpError(400, `There is no such ${name}: use one of ${known.join(', ')}.`)
    return found
  })
}

/** Which rows of the board a request asks for. */
function parseBoardFilter(query: URLSearchParams, login: string | null): BoardFilter {
  const lights = parseWords(query, 'light', LIGHTS)
  const healths = parseWords(query, 'health', HEALTHS)
  const [order] = parseWords(query, 'sort', ORDERS) ?? []
  const isMine = parseWords(query, 'needs', ['me']) !== undefined
  const search = (query.get('q') ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_SEARCH)
  const after = query.get('after')
  return {
    ...(lights && { lights }),
    ...(healths && { healths }),
    ...(search !== '' && { search }),
    ...(isMine && { needs: { login } }),
    ...(order && { order }),
    ...(after !== null && { after }),
  }
}

function parsePressed(query: URLSearchParams): string | null {
  const id = query.get('pressed')
  if (id !== null && !/^[\w-]{43}$/.test(id)) throw new HttpError(400, 'pressed is what a form leads to: leave it out.')
  return id
}

/** The scope that a request names; rejects with HttpError if Andon does not know it. */
export async function resolveViewScope(
  { reader, user }: Pick<Onlooker, 'reader' | 'user'>,
  params: { repository?: string | undefined; issue?: string | undefined },
  query: URLSearchParams = new URLSearchParams(),
): Promise<ViewScope> {
  const place = await resolvePlace(reader, params)
  return { ...place, filter: parseBoardFilter(query, user?.login ?? null), pressed: parsePressed(query) }
}

async function resolvePlace(
  reader: Reader,
  params: { repository?: string | undefined; issue?: string | undefined },
): Promise<Pick<ViewScope, 'repository' | 'issue'>> {
  if (params.repository === undefined) {
    if (params.issue !== undefined)
      throw new HttpError(400, 'An issue belongs to a repository: add repository=owner/repo.')
    return { repository: null, issue: null }
  }
  const issue = params.issue === undefined ? null : parseIssueNumber(params.issue)
  if (!REPOSITORY_NAME.test(params.repository)) throw new HttpError(400, 'Name a repository as owner/repo.')
  const [owner = ''] = params.repository.split('/')
  if (RESERVED_OWNERS.includes(owner.toLowerCase())) throw noSuchPage()
  const repository = await reader.findRepository(params.repository)
  if (repository === null) throw unknownPlace(params.repository)
  return { repository: repository.fullName, issue }
}

/** The owner that an address names; throws HttpError if it can be none. */
export function parseOwner(text: string): string {
  if (RESERVED_OWNERS.includes(text.toLowerCase()) || !/^[\w.-]{1,100}$/.test(text)) throw noSuchPage()
  return text
}

export function noSuchPage(): HttpError {
  return new HttpError(404, 'There is no such page: the board is at /.')
}

/** Who has signed in; in open access there is no page for them. */
export function signedInUserOf(context: RequestContext): SignedInUser {
  const { user } = onlookerOf(context)
  if (user === null) throw noSuchPage()
  return user
}

/** The id of a row of ours; throws HttpError with this message if it can be none. */
export function parseId(text: string | undefined, message: string): number {
  if (!/^\d{1,15}$/.test(text ?? '')) throw new HttpError(400, message)
  return Number(text)
}

function parseIssueNumber(text: string): number {
  const number = Number(text)
  if (!/^[1-9]\d{0,9}$/.test(text) || number > 2_147_483_647) {
    throw new HttpError(400, 'An issue number is a whole number, 1 or more.')
  }
  return number
}

/** What follows the `?` of an address. */
export function queryOf({ req }: RequestContext): URLSearchParams {
  return new URL(req.url).searchParams
}
