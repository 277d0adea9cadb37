import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** What the pages need to know about this process. */
export type SiteConfig = {
  readonly access: 'open' | 'login'
  readonly baseUrl: string
  /** Changes with every page, style or script: browsers that show another build load the page anew. */
  readonly build: string
  /** For people: which database this is, when that is worth a notice. */
  readonly databaseNotice: string | null
  /** How often a stream says that it lives. */
  readonly pingEveryMs: number
}

export type HonoEnv = { Bindings: HttpBindings }
export type RequestContext = Context<HonoEnv>

/** The sentences that stand on every page. */
export function noticesOf({ access, databaseNotice }: SiteConfig): readonly string[] {
  const open = 'open access: whoever reaches this address sees every repository'
  return [...(access === 'open' ? [open] : []), ...(databaseNotice === null ? [] : [databaseNotice])]
}
