// GET /badge/:owner/:repo.svg, which anyone may ask for: READMEs show it through GitHub's proxy, which is nobody. Where people
// sign in, it tells only of repositories that are public on GitHub; any other answer is the same picture.
import { createHash } from 'node:crypto'
import { badgeOf, UNKNOWN_BADGE } from '../render/badge.ts'
import { REPOSITORY_NAME } from './params.ts'
import type { Reader } from './reader.ts'
import type { RequestContext } from './site.ts'

/** Answers with the badge of the repository that the path names. */
export type AnswerWithBadge = (context: RequestContext) => Promise<Response>

export function createBadges(o: {
  /** Reads everything. */
  readonly reader: Pick<Reader, 'findRepository' | 'loadBoard'>
  readonly access: 'open' | 'login'
}): AnswerWithBadge {
  async function draw(name: string): Promise<string> {
    const found = await o.reader.findRepository(name)
    if (found === null || (found.private && o.access === 'login')) return UNKNOWN_BADGE
    const { counts, isBlind } = await o.reader.loadBoard({ repository: found.fullName, limit: 1 })
    return badgeOf(counts, isBlind)
  }

  return async (context) => {
    const { owner = '', file = '' } = context.req.param() as Record<string, string>
    const name = `${owner}/${file.replace(/\.svg$/, '')}`
    const isName = REPOSITORY_NAME.test(name) && file.endsWith('.svg')
    const svg = isName ? await draw(name).catch(() => UNKNOWN_BADGE) : UNKNOWN_BADGE
    const etag = `"${createHash('sha256').update(svg).digest('base64url').slice(0, 22)}"`
    // Kept by GitHub's proxy only if it asks each time whether it is still so.
    const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'image/svg+xml; charset=utf-8' }
    const known = (context.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
    return known.includes(etag) ? context.body(null, 304, headers) : context.body(svg, 200, headers)
  }
}
