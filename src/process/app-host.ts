// One process and its App. While there is none, it listens with the pages that register one; when one is stored, by
// whichever process, it opens Andon with it behind the same listening server.
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Andon, openAndon } from '../andon.ts'
import type { AppCredentials, StartConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { type HeartbeatTimer, identifySelf, startHeartbeat } from '../watchdog/heartbeat-timer.ts'
import { openListeningServer } from '../web/listening-server.ts'
import type { AppStore } from './app-store.ts'
import { openAppStore } from './app-store.ts'
import { openSetupSite } from './open-setup-site.ts'

export type AppHost = {
  /** Where to register an App; null when there is one. */
  readonly setupAddress: string | null
  /** Rejects when Andon cannot be opened with an App that was stored later. */
  readonly failed: Promise<never>
  /** Resolves to the port. */
  listen(): Promise<number>
  /** Begins the work of a worker; without an App, it beats and waits for one. */
  startWorker(worker: WorkerOptions): Promise<void>
  close(): Promise<void>
}

type WorkerOptions = { readonly iterations?: number | undefined; readonly stopAsked: (by: string) => void }

export type AppHostOptions = {
  readonly config: StartConfig
  readonly database: Database
  readonly build: string
  readonly log: Logger
  readonly now?: () => string
  readonly fetch?: typeof fetch
}

export async function openAppHost(o: AppHostOptions): Promise<AppHost> {
  const { config, database, log } = o
  const now = o.now ?? (() => new Date().toISOString())
  const store = config.app === null ? await openAppStore(o) : null
  const closing = new AbortController()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  let current: { readonly app: AppCredentials; readonly andon: Andon } | null = null
  let worker: WorkerOptions | null = null
  let waiting: HeartbeatTimer | null = null
  // One change after the other.
  let changes: Promise<void> = Promise.resolve()

  function change(make: () => Promise<void>): Promise<void> {
    const made = changes.then(make)
    changes = made.catch((error: unknown) => failed.reject(error))
    return made
  }

  async function become(app: AppCredentials): Promise<void> {
    if (closing.signal.aborted || isDeepStrictEqual(app, current?.app)) return
    const former = current?.andon
    const andon = await openAndon({ ...o, config: { ...config, ...app } })
    current = { app, andon }
    server.answerWith(andon.handle)
    await former?.close()
    if (worker !== null) await work(andon, worker)
  }

  async function work(andon: Andon, { iterations, stopAsked }: WorkerOptions): Promise<void> {
    await stopWaiting()
    const { done } = await andon.startWorker({ stopAsked: () => stopAsked('the database'), iterations })
    log.info({ iterations }, 'working')
    if (iterations === undefined) return
    void done.then(() => current?.andon === andon && stopAsked('its number of iterations'))
  }

  async function wait({ stopAsked }: WorkerOptions): Promise<void> {
    log.warn('no GitHub App is registered yet: this worker waits until one is')
    waiting = await startHeartbeat({
      self: await identifySelf(config.role),
      database,
      dataDirectory: config.dataDirectory,
      loops: () => [],
      stopAsked: () => stopAsked('the database'),
      now,
      log,
    })
  }

  async function stopWaiting(): Promise<void> {
    await waiting?.stop()
    await waiting?.remove()
    waiting = null
  }

  /** Another process may register the App. */
  async function watch(stored: AppStore): Promise<void> {
    const sleep = (ms: number) => pause(ms, undefined, { signal: closing.signal, ref: false })
    while (current === null) {
      await sleep(WATCH_EVERY_MS)
      const app = await stored.load().catch((error: unknown) => {
        log.warn({ err: error }, 'whether an App is registered cannot be read just now')
        return null
      })
      if (app !== null) await change(() => become(app))
    }
  }

  const known = config.app ?? (await store?.load()) ?? null
  const site =
    store === null || known !== null
      ? null
      : await openSetupSite({ ...o, now, store, become: (app) => change(() => become(app)) })
  const server = openListeningServer(site?.handle ?? (() => undefined))
  if (known !== null) await become(known)
  else if (store !== null) watch(store).catch(() => undefined)

  return {
    setupAddress: site?.address ?? null,
    failed: failed.promise,
    listen: () => server.listen(config.port, config.host),
    startWorker(options) {
      return change(async () => {
        worker = options
        await (current === null ? wait(options) : work(current.andon, options))
      })
    },
    close() {
      closing.abort()
      return server.close(async () => {
        await changes
        await stopWaiting()
        await current?.andon.close()
      })
    },
  }
}

const WATCH_EVERY_MS = 1_000
