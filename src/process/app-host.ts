// One process and its App. While there is none, it listens with the pages that register one; when one is stored, by
// whichever process, it opens Andon with it behind the same listening server, and again when its key or a secret changes.
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Andon, openAndon } from '../andon.ts'
import type { AppCredentials, StartConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { type HeartbeatTimer, identifySelf, startHeartbeat } from '../watchdog/heartbeat-timer.ts'
import { openListeningServer } from '../web/listening-server.ts'
import { type AppStore, openAppStore } from './app-store.ts'
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
  /** Replaces the stored App, and goes over to it; false when `former` is not what is stored. */
  replaceApp(former: AppCredentials, next: AppCredentials): Promise<boolean>
  /** Goes over to what is stored; resolves when it answers with that. */
  lookAgain(): Promise<void>
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
  readonly probesEveryMs?: number
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
  let working: Andon | null = null
  const fail = (error: unknown) => failed.reject(error)
  // What answers is replaced at once. The former ends after that, in its own time, and only then the next begins its work.
  const change = inOrder(fail)
  const succeed = inOrder(fail)

  async function become(app: AppCredentials): Promise<void> {
    if (closing.signal.aborted || isDeepStrictEqual(app, current?.app)) return
    const former = current?.andon
    const andon = await openAndon({ ...o, config: { ...config, ...app } })
    current = { app, andon }
    server.answerWith(andon.handle)
    if (former !== undefined) log.info('the key or a secret of the GitHub App has changed, and the new one is in use')
    void succeed.run(async () => {
      await former?.close()
      if (worker !== null && current?.andon === andon) await work(andon, worker)
    })
  }

  async function work(andon: Andon, { iterations, stopAsked }: WorkerOptions): Promise<void> {
    if (working === andon || closing.signal.aborted) return
    working = andon
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

  /** Another process may register the App, and a command may change what is stored of it. */
  async function watch(stored: AppStore): Promise<void> {
    const sleep = (ms: number) => pause(ms, undefined, { signal: closing.signal, ref: false })
    while (!closing.signal.aborted) {
      await sleep(current === null ? WATCH_EVERY_MS : LOOK_AGAIN_EVERY_MS)
      await change.run(() => look(stored))
    }
  }

  async function look(stored: AppStore): Promise<void> {
    const app = await stored.load().catch((error: unknown) => {
      log.warn({ err: error }, 'the stored App cannot be read just now')
      return null
    })
    if (app !== null) await become(app)
  }

  const known = config.app ?? (await store?.load()) ?? null
  const site =
    store === null || known !== null
      ? null
      : await openSetupSite({ ...o, now, store, become: (app) => change.run(() => become(app)) })
  const server = openListeningServer(site?.handle ?? (() => undefined))
  if (known !== null) await become(known)
  if (store !== null) watch(store).catch(() => undefined)

  return {
    setupAddress: site?.address ?? null,
    failed: failed.promise,
    listen: () => server.listen(config.port, config.host),
    startWorker(options) {
      return succeed.run(async () => {
        worker = options
        await (current === null ? wait(options) : work(current.andon, options))
      })
    },
    async replaceApp(former, next) {
      if (store === null) throw new Error('the running process has its App from the environment: change it there')
      if (!(await store.replace(former, next))) return false
      await change.run(() => look(store))
      return true
    },
    lookAgain: () => change.run(async () => (store === null ? undefined : look(store))),
    close() {
      closing.abort()
      return server.close(async () => {
        await change.idle()
        await succeed.idle()
        await stopWaiting()
        await current?.andon.close()
      })
    },
  }
}

/** Runs one after the other. A failure is passed on, and stops none of the next. */
function inOrder(failed: (error: unknown) => void) {
  let last: Promise<void> = Promise.resolve()
  return {
    run(make: () => Promise<void>): Promise<void> {
      const made = last.then(make)
      last = made.catch(failed)
      return made
    },
    idle: () => last,
  }
}

const WATCH_EVERY_MS = 1_000
const LOOK_AGAIN_EVERY_MS = 5_000

/** After so long every process of a database uses what was stored: it has looked, even if one look failed. */
export const STORED_APP_IN_USE_AFTER_MS = 12_000
