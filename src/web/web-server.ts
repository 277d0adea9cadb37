import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Database } from '../store/database.ts'
import { addAccountRoutes } from './account.ts'
import { addControlRoutes } from './controls.ts'
import { openCookies } from './cookies.ts'
import { openDatabaseReader } from './database-reader.ts'
import { openToSignedIn } from './gate.ts'
import { createServerWithReader, type SignInPages, type WebServer, type WebServerParts } from './http-server.ts'
import { addPushRoutes } from './push-routes.ts'
import { addRepairRoutes } from './repair-routes.ts'
import { type ShareNext, shareNextReadings } from './shared-reading.ts'
import { addSignInRoutes } from './sign-in-routes.ts'

type DatabaseParts = {
  readonly database: Database
  /** What is pressed on a page goes through it. */
  readonly door: Door
  readonly githubUrl: string
  readonly now: () => Instant
  /** Null where nobody can sign in. */
  readonly signIn: SignIn | null
}

/** Half of the connections that readers and the worker share: that many are left when everyone reads. */
const READINGS_AT_ONCE = 3

/** The web server over a database: the board, and the endpoints for deliveries and reports. */
export function createWebServer(o: WebServerParts & DatabaseParts): WebServer {
  const parts = { ...o, share: shareNextReadings(READINGS_AT_ONCE) }
  const signIn = o.signIn && signInPagesOf(parts, o.signIn)
  return createServerWithReader({ ...o, reader: openDatabaseReader(parts), signIn })
}

type SharedParts = WebServerParts & DatabaseParts & { readonly share: ShareNext }

function signInPagesOf(o: SharedParts, signIn: SignIn): SignInPages {
  const { baseUrl } = o.config
  const cookies = openCookies(signIn.keys, baseUrl)
  const readAs: Parameters<typeof openToSignedIn>[0]['readAs'] = (onlooker) => openDatabaseReader({ ...o, ...onlooker })
  return {
    gate: (health) => openToSignedIn({ signIn, cookies, readAs, health }),
    addRoutes(app, site) {
      addSignInRoutes(app, { signIn, cookies, baseUrl, now: o.now })
      addAccountRoutes(app, { ...o, ...site })
      addControlRoutes(app, { ...o, ...site })
      if (o.operators !== undefined) addRepairRoutes(app, { ...site, log: o.log })
      addPushRoutes(app, { ...o, signIn })
    },
  }
}
