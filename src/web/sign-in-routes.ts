// GET /login, GET /login/callback, POST /logout.

import type { Hono } from 'hono'
import { GitHubFailure } from '../github/failure.ts'
import { UserRefused } from '../github/user-access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { SiteCookies } from './cookies.ts'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { HttpError } from './http-errors.ts'
import { limitByAddress } from './limit-by-address.ts'
import { type HonoEnv, onlookerOf } from './site.ts'

export function addSignInRoutes(
  app: Hono<HonoEnv>,
  o: { signIn: SignIn; cookies: SiteCookies; baseUrl: string; now: () => Instant },
): void {
  const { signIn, cookies, baseUrl } = o
  // The callback, too: each of them that began here costs GitHub two requests.
  app.use('/login/*', limitByAddress(o))
  app.get('/login', (context) => {
    const { location, kept } = signIn.begin(ownPathOf(context.req.query('to'), baseUrl))
    cookies.kept.set(context, kept)
    return context.redirect(location)
  })

  app.get('/login/callback', async (context) => {
    const kept = cookies.kept.read(context)
    cookies.kept.clear(context)
    const { code, state, error, setup_action } = context.req.query()
    // From an installation, which nobody's browser began here: its code is not used. Who is signed in at GitHub has just
    // authorized the App, so that a sign-in of this browser's own asks nothing more.
    if (setup_action !== undefined && state === undefined)
      return context.redirect(`${baseUrl}/login?to=${encodeURIComponent('/setup/installed')}`)
    if (error !== undefined) throw new HttpError(400, 'GitHub did not sign you in: try again, and allow it there.')
    const formerSession = await cookies.readSession(context)
    const done = await signIn
      .complete({ kept, code: code ?? '', state: state ?? '', formerSession })
      .catch(throwRefused)
    if (done === null)
      throw new HttpError(400, 'This browser did not begin this sign-in, or began it too long ago: sign in again.')
    await cookies.setSession(context, done.session)
    return context.redirect(baseUrl + done.to)
  })

  app.post('/logout', limitForm, async (context) => {
    await expectOwnForm(context, onlookerOf(context))
    const session = await cookies.readSession(context)
    if (session !== null) await signIn.end(session)
    cookies.clearSession(context)
    return context.redirect(`${baseUrl}/`, 303)
  })
  app.all('/logout', onlyPost())
}

function throwRefused(error: unknown): never {
  if (error instanceof UserRefused) throw new HttpError(400, 'GitHub did not accept this sign-in: sign in again.')
  if (error instanceof GitHubFailure) throw new HttpError(503, 'GitHub does not answer just now: sign in again later.')
  throw error
}

/** The path to return to. Nothing leads to another site: not `//host`, not `/\host`, not `/.//host`. */
export function ownPathOf(to: string | undefined, baseUrl: string): string {
  if (to === undefined || !to.startsWith('/') || !URL.canParse(to, baseUrl)) return '/'
  const { origin, pathname, search } = new URL(to, baseUrl)
  const isOwn = origin === new URL(baseUrl).origin && !pathname.startsWith('//')
  return isOwn && !/^\/(login|logout)(\/|$)/.test(pathname) ? pathname + search : '/'
}
