// /account/push: a browser asks to be notified while none of its pages is open, and ends that.
import type { Hono } from 'hono'
import { z } from 'zod'
import type { Instant } from '../pipeline/model/time.ts'
import { hashEndpoint, pushServiceOf } from '../push/push-endpoint.ts'
import { openPushKeys } from '../push/push-keys.ts'
import { type BrowserSubscription, isUsable } from '../push/push-request.ts'
import { PUSH_SUBSCRIPTION_PURPOSE } from '../push/send-pushes.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Database } from '../store/database.ts'
import {
  deleteSubscription,
  findRepositoryIds,
  type PushWishes,
  renewSubscription,
  saveSubscription,
} from '../store/push-subscriptions.ts'
import { parseJson } from '../text/parse-json.ts'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { HttpError } from './http-errors.ts'
import type { SignedInUser } from './onlooker.ts'
import { parseId, signedInUserOf } from './params.ts'
import { type HonoEnv, onlookerOf, type SiteConfig } from './site.ts'

export function addPushRoutes(
  app: Hono<HonoEnv>,
  o: { database: Database; signIn: SignIn; now: () => Instant; config: Pick<SiteConfig, 'baseUrl'> },
): void {
  const { database, signIn, now } = o
  const keys = openPushKeys({ database, keys: signIn.keys })

  // What a page's script needs to ask; no page of another site can read it.
  app.get('/account/push', async (context) => {
    const { formToken } = signedInUserOf(context)
    return context.json({ publicKey: (await keys.loadOrMake()).publicKey, formToken })
  })

  app.post('/account/push', limitForm, async (context) => {
    const form = await expectOwnForm(context, onlookerOf(context))
    const user = signedInUserOf(context)
    const wishes = WISHES.safeParse(parseJson(form.wishes ?? ''))
    const { endpoint = '', p256dh = '', auth = '' } = form
    const subscription: BrowserSubscription = { endpoint, keys: { p256dh, auth } }
    const service = pushServiceOf(endpoint)
    if (!wishes.success || service === null || !isUsable(subscription))
      throw new HttpError(
        400,
        'This is no subscription of a push service that Andon knows: press the button of the page.',
      )
    const stored = {
      ...(await resolveWishes(user, wishes.data)),
      userId: user.id,
      sessionHash: user.credentialHash,
      endpointHash: hashEndpoint(endpoint),
      sealedSubscription: signIn.keys.seal(JSON.stringify(subscription), PUSH_SUBSCRIPTION_PURPOSE),
      service,
    }
    if (form.renew === 'yes') {
      return context.body(null, (await renewSubscription(database, stored, now())) ? 204 : 410)
    }
    await saveSubscription(database, stored, { now: now(), most: MAX_BROWSERS })
    return context.body(null, 204)
  })

  app.post('/account/push/end', limitForm, async (context) => {
    const { id, endpoint } = await expectOwnForm(context, onlookerOf(context))
    const user = signedInUserOf(context)
    if (endpoint !== undefined) {
      await deleteSubscription(database, user.id, { endpointHash: hashEndpoint(endpoint) })
      return context.body(null, 204)
    }
    await deleteSubscription(database, user.id, { id: parseId(id, 'Name the browser to end by its id.') })
    return context.redirect(`${o.config.baseUrl}/account`, 303)
  })
  app.all('/account/push/end', onlyPost())

  /** Names become ids, which outlive a renaming; what the person does not see has none. */
  async function resolveWishes(user: SignedInUser, wishes: Readonly<Record<string, boolean>>): Promise<PushWishes> {
    const everything = wishes['*'] ?? false
    const names = Object.keys(wishes).filter((name) => name !== '*' && wishes[name] !== everything)
    if (names.length === 0) return { everything, exceptions: [] }
    const { repositories } = await signIn.seen({ kind: 'user', id: user.id })
    const lower = names.map((name) => name.toLowerCase())
    return { everything, exceptions: await findRepositoryIds(database, repositories, lower) }
  }
}

const MAX_BROWSERS = 10
const MAX_WISHES = 200

const WISHES = z.record(z.string().max(141), z.boolean()).refine((wishes) => Object.keys(wishes).length <= MAX_WISHES)
