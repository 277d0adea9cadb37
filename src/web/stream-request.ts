// What `/events` is asked for: one scope, named by the query itself, or several, each named by `scope`. A browser opens
// one stream for all its tabs, because it keeps no more than six connections to a host over HTTP/1.1.
import { accepts } from 'hono/accepts'
import { HttpError } from './http-errors.ts'
import type { StreamFormatName, StreamRequest, WantedScope } from './hub.ts'
import { type Onlooker, viewerKeyOf } from './onlooker.ts'
import { noSuchPage, queryOf, resolveViewScope } from './params.ts'
import { onlookerOf, type RequestContext } from './site.ts'
import { HEALTH_SCOPE } from './view-scope.ts'

export const MAX_SCOPES = 32

/** The stream that a request asks for; rejects with HttpError if it is not valid. */
export async function parseStreamRequest(context: RequestContext): Promise<StreamRequest> {
  const onlooker = onlookerOf(context)
  expectViewer(onlooker, context.req.query('viewer'))
  const scopes = context.req.queries('scope')
  return {
    wanted:
      scopes === undefined ? [await parseScope(onlooker, queryOf(context), null)] : await parseScopes(onlooker, scopes),
    onlooker,
    isCompressed: acceptsGzip(context),
    carriesSeveral: scopes !== undefined,
  }
}

// Somebody else has signed in since: what they see is not for the pages of the one before.
function expectViewer(onlooker: Onlooker, viewer: string | undefined): void {
  if (viewer !== undefined && viewer !== viewerKeyOf(onlooker))
    throw new HttpError(409, 'You are signed in as somebody else by now: load the page again.')
}

function parseFormat(format = 'html'): StreamFormatName {
  if (format !== 'html' && format !== 'json') throw new HttpError(400, 'The stream takes as=json, or no `as` at all.')
  return format
}

/** Each is the query of a page's stream, and behind `#` the version that the page shows. */
async function parseScopes(onlooker: Onlooker, scopes: readonly string[]): Promise<readonly WantedScope[]> {
  if (scopes.length > MAX_SCOPES) throw new HttpError(400, `A stream carries at most ${MAX_SCOPES} scopes.`)
  return await Promise.all(
    scopes.map(async (text) => {
      const [query = '', version = null] = text.split('#')
      const params = new URLSearchParams(query)
      try {
        return await parseScope(onlooker, params, version)
      } catch (error) {
        if (error instanceof HttpError && error.status === 404) return { scope: null, format: 'html', version }
        throw error
      }
    }),
  )
}

async function parseScope(onlooker: Onlooker, query: URLSearchParams, version: string | null): Promise<WantedScope> {
  const format = parseFormat(query.get('as') ?? undefined)
  if (query.get('page') === 'health') {
    if (onlooker.health === null || format !== 'html') throw noSuchPage()
    return { scope: HEALTH_SCOPE, format, version }
  }
  const place = { repository: query.get('repository') ?? undefined, issue: query.get('issue') ?? undefined }
  return { scope: await resolveViewScope(onlooker, place, query), format, version }
}

function acceptsGzip(context: RequestContext): boolean {
  const supports = ['gzip', 'identity']
  return accepts(context, { header: 'Accept-Encoding', supports, default: 'identity' }) === 'gzip'
}
