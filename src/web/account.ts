// /account: who is signed in, and the tokens of their scripts.
import type { Hono } from 'hono'
import type { Instant } from '../pipeline/model/time.ts'
import { plainText } from '../render/sanitize.ts'
import { hashSecret, randomSecret } from '../sign-in/keys.ts'
import { deleteApiToken, insertApiToken, listApiTokens } from '../store/api-tokens.ts'
import type { Database } from '../store/database.ts'
import { listSubscriptions } from '../store/push-subscriptions.ts'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { HttpError } from './http-errors.ts'
import type { SignedInUser } from './onlooker.ts'
import { parseId, signedInUserOf } from './params.ts'
import { type HonoEnv, noticesOf, onlookerOf, type RequestContext, type SiteConfig } from './site.ts'
import type { Views } from './views.ts'

export function addAccountRoutes(
  app: Hono<HonoEnv>,
  o: { database: Database; views: Views; config: SiteConfig; now: () => Instant },
): void {
  const { database, views, config, now } = o

  async function page(context: RequestContext, user: SignedInUser, made: string | null): Promise<Response> {
    const tokens = await listApiTokens(database, user.id)
    const browsers = await listSubscriptions(database, user.id)
    const { baseUrl } = config
    return context.html(views.render('account', { user, tokens, made, browsers, baseUrl, notices: noticesOf(config) }))
  }

  app.get('/account', (context) => page(context, signedInUserOf(context), null))
  app.post('/account/tokens', limitForm, async (context) => {
    const { name = '' } = await expectOwnForm(context, onlookerOf(context))
    const user = signedInUserOf(context)
    const shown = plainText(name, MAX_NAME_LENGTH)
    if (shown === '') throw new HttpError(400, 'A token needs a name, so that you know later what it is for.')
    const token = `andon_${randomSecret()}`
    const made = { userId: user.id, name: shown, tokenHash: hashSecret(token), now: now(), most: MAX_TOKENS }
    if (!(await insertApiToken(database, made)))
      throw new HttpError(400, `You have ${MAX_TOKENS} tokens: revoke one that nothing uses.`)
    return await page(context, user, token)
  })
  app.post('/account/tokens/revoke', limitForm, async (context) => {
    const form = await expectOwnForm(context, onlookerOf(context))
    const id = parseId(form.id, 'Name the token to revoke by its id.')
    await deleteApiToken(database, signedInUserOf(context).id, id)
    return context.redirect(`${config.baseUrl}/account`, 303)
  })
  for (const path of ['/account/tokens', '/account/tokens/revoke']) app.all(path, onlyPost())
}

const MAX_NAME_LENGTH = 80
const MAX_TOKENS = 20
