// The composition root: every part is made here and handed what it needs. The tests build the app through it too, and
// call `step()` where production starts a loop.
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type Door, openDoor } from './apply/door.ts'
import type { Config } from './config.ts'
import { openGitHub } from './github/client.ts'
import { openOidc } from './github/oidc.ts'
import { openGuard } from './inbox/guard.ts'
import { createReceiver, refuseUnread } from './inbox/receive.ts'
import probotApp from './index.ts'
import { openOutbox } from './outbox/outbox.ts'
import type { Instant } from './pipeline/model/time.ts'
import type { Database } from './store/database.ts'
import { type Jobs, openJobs } from './store/job-queue.ts'
import { prune } from './store/prune.ts'
import { passWordsOn } from './watchdog/fan-out-holds.ts'
import { type Beating, startBeating, whoAmI } from './watchdog/heartbeat-timer.ts'
import { type Loop, startLoop } from './watchdog/loop.ts'
import { loopsHealth } from './watchdog/loops-health.ts'
import { reconcile } from './watchdog/reconcile.ts'
import { wake } from './watchdog/wake.ts'
import { openBook } from './web/report-store.ts'
import { createReports } from './web/reports.ts'
import { createServer } from './web/web-server.ts'

export type Andon = {
  readonly door: Door
  /** The background work, by name; each does one unit and says how much that was. */
  readonly steps: Readonly<Record<'acknowledge' | 'outbox' | 'watchdog', (stopping?: AbortSignal) => Promise<number>>>
  /** Opens the HTTP door; resolves to the port it got. */
  listen(): Promise<number>
  /** Starts the loops of a worker once its first beat is kept; `done` when each has done its `iterations`. */
  work(o?: { iterations?: number | undefined; stopAsked?: () => void }): Promise<{ done: Promise<unknown> }>
  /** Steps everything until nothing is left to do now. */
  settle(): Promise<void>
  /** Ends event streams, finishes what is in hand, releases the rest. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** Builds Andon over an open, migrated database, which stays the caller's to close. */
export async function openAndon(o: {
  config: Config
  database: Database
  build: string
  log: Logger
  now?: () => Instant
  fetch?: typeof fetch
}): Promise<Andon> {
  const { config, database, log } = o
  const now = o.now ?? (() => new Date().toISOString())
  const ending = new AbortController()
  const jobs = await openJobs(database, log)
  const door = openDoor({ database, now, log, enqueue: jobs.enqueue })
  const send = untilAborted(o.fetch ?? fetch, ending.signal)
  const github = openGitHub({
    appId: config.appId,
    privateKey: config.privateKey,
    apiUrl: config.githubApiUrl,
    now,
    log,
    fetch: send,
  })
  const { baseUrl, githubUrl } = config
  const outbox = openOutbox({ database, door, github, now, log, baseUrl, githubUrl })
  const receive = await createReceiver({ app: probotApp, door, secrets: config.webhookSecrets, now, log })
  const prove = openOidc({ issuer: config.oidcIssuer, audience: config.baseUrl, now, log, fetch: send })
  const web = createServer({
    deliver: openGuard({ receive, refuse: refuseUnread }),
    report: createReports({ prove, book: openBook({ database, door, now }), log }),
    database,
    githubUrl,
    now,
    log,
    health: () => loopsHealth({ database, now }),
    config: {
      access: config.access,
      baseUrl: config.baseUrl,
      build: o.build,
      databaseNotice: database.kind === 'embedded' ? `embedded database in ${database.where}` : null,
    },
  })
  const steps: Andon['steps'] = {
    acknowledge: (stopping) => outbox.acknowledge(stopping),
    outbox: (stopping) => outbox.step(stopping),
    // We may have been the ones asleep: what GitHub knows is asked for before any deadline is held against it.
    watchdog: async () =>
      (await reconcile({ database, now })) +
      (await passWordsOn({ database, now })) +
      (await wake({ database, door, now })),
  }
  const loops: Loop[] = []
  let beating: Beating | null = null
  let closed: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    // Nothing is claimed from here on, and everybody is told before anything that is in hand is released.
    const stopped = loops.map((loop) => loop.stop())
    const hurry = setTimeout(() => ending.abort(new Error('this process is ending')), CALLS_END_AFTER_MS)
    await beating?.stop()
    await Promise.all([web.close(), ...stopped])
    clearTimeout(hurry)
    await jobs.stop()
    await door.close()
    await beating?.forget()
  }

  return {
    door,
    steps,
    async listen() {
      await new Promise<void>((resolve, reject) => {
        web.server.once('error', reject).listen(config.port, config.host, resolve)
      })
      return (web.server.address() as AddressInfo).port
    },
    async work({ iterations, stopAsked = () => undefined } = {}) {
      beating = await startBeating({
        self: await whoAmI(config.role),
        database,
        dataDirectory: config.dataDirectory,
        loops: () => loops.map((loop) => loop.state()),
        stopAsked,
        now,
        log,
      })
      loops.push(...(await startLoops({ steps, jobs, now, log, iterations })))
      await jobs.work('prune', async () => {
        const pruned = await prune(database, now())
        log.info({ pruned }, 'rows past their retention were dropped')
      })
      await jobs.schedule('prune', HOURLY)
      return { done: Promise.all(loops.map((loop) => loop.ended)) }
    },
    async settle() {
      while ((await steps.outbox()) + (await steps.watchdog()) > 0);
    },
    close() {
      closed ??= shutDown()
      return closed
    },
  }
}

const HOURLY = '17 * * * *'

// Jobs are hints: they only shorten the wait. The interval alone is enough to get everything done.
// Whoever gives a command is to see within two seconds that it was read: this one is short, and waits for no other.
const ACKNOWLEDGE_EVERY_MS = 200
const OUTBOX_EVERY_MS = 500
const WATCHDOG_EVERY_MS = 5_000

async function startLoops(o: {
  steps: Andon['steps']
  jobs: Jobs
  now: () => Instant
  log: Logger
  iterations: number | undefined
}): Promise<readonly Loop[]> {
  const everyBit = ACKNOWLEDGE_EVERY_MS
  const acknowledge = startLoop({ ...o, name: 'acknowledge', step: o.steps.acknowledge, everyMs: everyBit })
  const outbox = startLoop({ ...o, name: 'outbox', step: o.steps.outbox, everyMs: OUTBOX_EVERY_MS })
  // Somebody waits for a bounded run to end.
  const everyMs = o.iterations === undefined ? WATCHDOG_EVERY_MS : OUTBOX_EVERY_MS
  const watchdog = startLoop({ ...o, name: 'watchdog', step: o.steps.watchdog, everyMs })
  await o.jobs.work('outbox', async () => {
    acknowledge.hint()
    outbox.hint()
  })
  return [acknowledge, outbox, watchdog]
}

/** Longer than a call may take, short enough that what an aborted one leaves can still be noted before the end. */
const CALLS_END_AFTER_MS = 12_000

function untilAborted(send: typeof fetch, signal: AbortSignal): typeof fetch {
  return (input, init) =>
    send(input, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) })
}
