// A delivery's way through Probot: `probot.receive` runs the handlers that src/index.ts registered, but tells them nothing
// of how the delivery came and hands nothing back. So the receipt and the translation travel beside it, in the async
// context of the call.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger } from 'pino'
import { type Context, Probot } from 'probot'
import type { DeliveryReceipt } from '../translate/fields.ts'
import { type Translation, translateDelivery } from './translate-delivery.ts'

/** A Probot app: it registers its handlers. */
export type ProbotApp = (probot: Probot) => void

/** Translates a delivery in the app's handler of its event; one that no handler takes is ignored. */
export type TranslateViaProbot = (name: string, payload: object, receipt: DeliveryReceipt) => Promise<Translation>

type DeliveryInHand = { readonly receipt: DeliveryReceipt; translation: Translation }

const deliveryInHand = new AsyncLocalStorage<DeliveryInHand>()

/** Loads the Probot app into an instance that can reach nothing: no key, no token, no network. */
export async function openProbot(app: ProbotApp, log: Logger): Promise<TranslateViaProbot> {
  const probot = new Probot({
    // With an App's key Probot builds an Octokit for every event; with a token it hands out the same one.
    githubToken: 'none',
    request: { fetch: rejectFetch },
    log: log.child({}, { serializers: { err: withoutEvent, event: withoutPayload } }),
  })
  await probot.ready()
  await probot.load(app)
  return async (name, payload, receipt) => {
    const inHand: DeliveryInHand = { receipt, translation: { event: null } }
    // Probot's type wants to know every payload; ours are checked by their translators.
    const event = { id: receipt.guid, name, payload } as Parameters<Probot['receive']>[0]
    await deliveryInHand.run(inHand, () => probot.receive(event))
    return inHand.translation
  }
}

/** What every handler of the Probot app does: translate, and nothing else. */
export function handleDelivery({ name, payload }: Pick<Context, 'name' | 'payload'>): void {
  const inHand = deliveryInHand.getStore()
  if (inHand === undefined) throw new Error('a delivery reached the Probot app without passing the inbox')
  inHand.translation = translateDelivery(name, payload, inHand.receipt)
}

function rejectFetch(): never {
  throw new Error('handlers of deliveries never call GitHub')
}

// Probot hangs the whole event on the errors it logs, text of issues and comments included.
function withoutEvent(error: Error): object {
  return { type: error.name, message: error.message, stack: error.stack }
}

function withoutPayload(event: { id?: unknown; name?: unknown }): object {
  return { id: event.id, name: event.name }
}
