import type { Logger } from 'pino'
import { Probot } from 'probot'

/** A Probot app: it registers its handlers. */
export type ProbotApp = (probot: Probot) => void

export type LoadedProbotApp = {
  /** Runs the app's handlers of this event; rejects if one of them threw. */
  receive(event: { readonly id: string; readonly name: string; readonly payload: object }): Promise<void>
}

/** Loads the Probot app into an instance that can reach nothing: no key, no token, no network. */
export async function loadProbotApp(app: ProbotApp, log: Logger): Promise<LoadedProbotApp> {
  const probot = new Probot({
    // With an App's key Probot builds an Octokit for every event; with a token it hands out the same one.
    githubToken: 'none',
    request: { fetch: rejectFetch },
    log: log.child({}, { serializers: { err: withoutEvent, event: withoutPayload } }),
  })
  await probot.ready()
  await probot.load(app)
  return { receive: (event) => probot.receive(event as Parameters<Probot['receive']>[0]) }
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
