import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Onlooker } from './onlooker.ts'

/** What the pages need to know about this process. */
export type SiteConfig = {
  readonly access: 'open' | 'login'
  readonly baseUrl: string
  /** Changes with every page, style or script: browsers that show another build reload. */
  readonly build: string
  /** Which database is in use, if people should know. */
  readonly databaseNotice: string | null
  /** How often a stream sends a ping, which says that what is shown is current. */
  readonly pingEveryMs: number
  /** How often a stream sends a byte, which says that the server lives. */
  readonly beatEveryMs: number
}

export type HonoEnv = { Bindings: HttpBindings; Variables: { onlooker: Onlooker } }
export type RequestContext = Context<HonoEnv>

/** The notices on every page. */
export function noticesOf({ access, databaseNotice }: SiteConfig): readonly string[] {
  const open = 'open access: anyone who can reach this address sees every repository'
  return [...(access === 'open' ? [open] : []), ...(databaseNotice === null ? [] : [databaseNotice])]
}

/** Who sends the request; the gate has let them in. */
export function onlookerOf(context: RequestContext): Onlooker {
  return context.get('onlooker')
}

/** Whether programs read the path, so that it answers in JSON. */
export function isMachinePath(path: string): boolean {
  return /^\/(api|events|healthz|readyz|metrics)(\/|$)/.test(path)
}
