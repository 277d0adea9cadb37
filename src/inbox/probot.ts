// Runs a delivery through Probot. `probot.receive` calls the handlers that src/index.ts registered, but gives them no
// receipt and returns no result, so the receipt and the translation travel beside it in the async context of the call.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger } from 'pino'
import { type Context, Probot } from 'probot'
import type { DeliveryReceipt } from '../translate/fields.ts'
import { type Translation, translateDelivery } from './translate-delivery.ts'

/** A Probot app, which registers its handlers. */
export type ProbotApp = (probot: Probot) => void

/** Translates a delivery in the app's handler for its webhook; a delivery without a handler is ignored. */
export type TranslateViaProbot = (name: string, payload: object, receipt: DeliveryReceipt) => Promise<Translation>

type DeliveryContext = { readonly receipt: DeliveryReceipt; translation: Translation }

const deliveryContext = new AsyncLocalStorage<DeliveryContext>()

/** Loads the Probot app into an instance without a key, a token or a network. */
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
    const context: DeliveryContext = { receipt, translation: { event: null } }
    // Probot's type lists every payload; ours are checked by their translators.
    const event = { id: receipt.guid, name, payload } as Parameters<Probot['receive']>[0]
    await deliveryContext.run(context, () => probot.receive(event))
    return context.translation
  }
}

/** The handler of every webhook: it only translates. */
export function handleDelivery({ name, payload }: Pick<Context, 'name' | 'payload'>): void {
  const context = deliveryContext.getStore()
  if (context === undefined) throw new Error('a delivery reached the Probot app without passing the inbox')
  context.translation = translateDelivery(name, payload, context.receipt)
}

function rejectFetch(): never {
  throw new Error('handlers of deliveries never call GitHub')
}

// Probot attaches the whole event to the errors it logs, including the text of issues and comments.
function withoutEvent(error: Error): object {
  return { type: error.name, message: error.message, stack: error.stack }
}

function withoutPayload(event: { id?: unknown; name?: unknown }): object {
  return { id: event.id, name: event.name }
}
