// The composition root: every part is made here and gets what it needs. The tests build the app through it too, and
// call `step()` where production starts a loop.
import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { type Door, openDoor } from './apply/door.ts'
import type { Config } from './config.ts'
import { withAbortSignal } from './github/abort-signal.ts'
import { openGitHub } from './github/client.ts'
import { openTokenVerifier } from './github/oidc.ts'
import { openUserAccess } from './github/user-access.ts'
import { openMeasurements } from './health/measurements.ts'
import { openHealthReading, openLatencyReading } from './health/read-health.ts'
import { openAccessChanges } from './inbox/access-changes.ts'
import { createWebhookGuard } from './inbox/guard.ts'
import { createReceiver, type ReceiveDelivery, rejectByHeaders } from './inbox/receive.ts'
import { openRejectedSignatures } from './inbox/rejected-signatures.ts'
import { openWebhookProxy } from './inbox/webhook-proxy.ts'
import probotApp from './index.ts'
import { openCallQuota } from './outbox/call-quota.ts'
import { findLabeledIssues } from './outbox/find-labeled-issues.ts'
import { openOutbox } from './outbox/outbox.ts'
import { openReconcile } from './outbox/reconcile.ts'
import { repositoryRedirected } from './outbox/report-outcome.ts'
import { countUnansweredCalls } from './outbox/unanswered-calls.ts'
import type { Instant } from './pipeline/model/time.ts'
import { secretKeysOf } from './process/keep-secret.ts'
import { openOperations } from './process/operations.ts'
import { openRepairLists } from './process/repair-lists.ts'
import { openPushSender } from './push/send-pushes.ts'
import { openSignIn } from './sign-in/sign-in.ts'
import type { Database } from './store/database.ts'
import { findNextDueAt } from './store/due-work.ts'
import { keepListening } from './store/keep-listening.ts'
import { NOTIFY_CHANNEL } from './store/notify.ts'
import { countPushes } from './store/pushes.ts'
import { openSweep } from './sweep/sweep.ts'
import { listSweepProblems } from './sweep/sweep-health.ts'
import { openAppCheck } from './watchdog/check-app.ts'
import { openCorrectedClock } from './watchdog/clock.ts'
import { fanOutHolds } from './watchdog/fan-out-holds.ts'
import { loopIdOf } from './watchdog/heartbeat.ts'
import { type HeartbeatTimer, identifySelf, startHeartbeat } from './watchdog/heartbeat-timer.ts'
import { type Loop, startLoop } from './watchdog/loop.ts'
import { loadLoopsHealth } from './watchdog/loops-health.ts'
import { openPresence } from './watchdog/presence.ts'
import { pruneHourly } from './watchdog/prune-hourly.ts'
import { listSetupMistakes } from './watchdog/setup-health.ts'
import { wakeDuePipelines, wakeDueRepositories } from './watchdog/wake.ts'
import { openReportStore } from './web/report-store.ts'
import { createReportEndpoint } from './web/reports.ts'
import { createWebServer } from './web/web-server.ts'

export type Andon = {
  readonly door: Door
  /** The background work by name; each step does one unit and returns how much it did. */
  readonly steps: Readonly<
    Record<'outbox' | 'watchdog' | 'repair' | 'push', (stopping?: AbortSignal) => Promise<number>>
  >
  /** Answers one request: a delivery, a report, a page. */
  readonly handle: RequestListener
  /** Starts the loops of a worker once its first beat is stored; `done` resolves when each has done its `iterations`. */
  startWorker(o?: {
    iterations?: number | undefined
    stopAsked?: () => void
    /** How long a loop rests at most, and so how late it is when a notification is lost. */
    restAtMostMs?: number
  }): Promise<{ done: Promise<unknown> }>
  /** Saves what was measured; it does so by itself every ten seconds. */
  saveMeasurements(): Promise<void>
  /** Runs all steps until nothing is left to do now. */
  drain(): Promise<void>
  /** Ends event streams, finishes what is claimed, releases the rest. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** Builds Andon over an open, migrated database, which the caller closes. */
export async function openAndon(o: {
  config: Config
  database: Database
  build: string
  log: Logger
  now?: () => Instant
  fetch?: typeof fetch
  /** For how long probes and metrics share a reading. */
  probesEveryMs?: number
}): Promise<Andon> {
  const { config, database, log } = o
  const clock = openCorrectedClock({ machine: o.now, onJump: () => appCheck.suspect() })
  const { now } = clock
  const ending = new AbortController()
  const door = openDoor({ database, now, log })
  const send = withAbortSignal(o.fetch ?? fetch, ending.signal)
  const unansweredCalls = countUnansweredCalls()
  const callQuota = openCallQuota(now)
  const self = await identifySelf(config.role)
  const processId = loopIdOf(self)
  const measurements = openMeasurements({ database, process: processId, now, log })
  const github = openGitHub({
    appId: config.appId,
    privateKey: config.privateKey,
    apiUrl: config.githubApiUrl,
    now,
    log,
    fetch: send,
    overheard: clock.observing(measurements),
    answered(installationId, isAnswered) {
      unansweredCalls.record(installationId, isAnswered)
      callQuota.count(installationId)
      if (!isAnswered) appCheck.suspect()
    },
    onMoved(access) {
      const learnt = door.apply({ event: repositoryRedirected(access, now()) })
      learnt.catch((error: unknown) => log.warn({ error: String(error) }, 'a new name is not learnt yet'))
    },
  })
  const { baseUrl, githubUrl } = config
  const appCheck = openAppCheck({ database, github, githubUrl, now, log })
  const signIn =
    config.access === 'open' || config.client === null
      ? null
      : openSignIn({
          database,
          github: openUserAccess({ ...clientOf(config.client), githubUrl, apiUrl: config.githubApiUrl, fetch: send }),
          keys: await secretKeysOf(config),
          operators: config.operators,
          baseUrl,
          now,
        })
  const pushes = signIn === null ? null : openPushSender({ ...signIn, database, send, baseUrl, now, log })
  const loops: Loop[] = []
  const hintLoops = () => {
    for (const loop of loops) loop.hint()
  }
  const outbox = openOutbox({
    database,
    door,
    github,
    now,
    log,
    baseUrl,
    githubUrl,
    unansweredCalls,
    callQuota,
    freed: () => loops.find((loop) => loop.state().name === 'outbox')?.hint(),
  })
  const rejected = openRejectedSignatures({ database, now, log })
  const { receive, acceptMissed } = await createReceiver({
    app: probotApp,
    door,
    secrets: config.webhookSecrets,
    noteAccessChange: openAccessChanges({ ...database, kysely: database.reserved }),
    now,
    log,
    rejected,
  })
  const reading = { database, door, github, callQuota, githubUrl, now, log }
  const reconcile = openReconcile(reading)
  const sweep = openSweep({ database, github, appId: config.appId, acceptMissed, now, log })
  const receiveTimed: ReceiveDelivery = async (request) => {
    const startedMs = performance.now()
    const answer = await receive(request)
    if (answer.status === 202) measurements.latency('commit', performance.now() - startedMs)
    return answer
  }
  const { webhookProxyUrl } = config
  const proxy =
    webhookProxyUrl === null || config.role === 'worker'
      ? null
      : openWebhookProxy({ url: webhookProxyUrl, receive: receiveTimed, fetch: send, log })
  const verifyToken = openTokenVerifier({ issuer: config.oidcIssuer, audience: config.baseUrl, now, log, fetch: send })
  const guard = createWebhookGuard({ receive: receiveTimed, refuse: rejectByHeaders })
  const operations = openOperations({ database, door, now })
  const web = createWebServer({
    receiveDelivery: guard.answer,
    report: createReportEndpoint({ verify: verifyToken, store: openReportStore({ database, door, now }), log }),
    database,
    door,
    githubUrl,
    signIn,
    now,
    log,
    countPushes: () => (signIn === null ? Promise.resolve(null) : countPushes(database)),
    async health() {
      const [loops, mistakes, sweeps] = await Promise.all([
        loadLoopsHealth({ database, now }),
        listSetupMistakes(database),
        listSweepProblems(database),
      ])
      const problems = [proxy?.problem(), guard.problem(), door.hangs() ?? door.problem(), door.resting()].filter(
        (each) => each != null,
      )
      return { ...loops, degraded: [...loops.degraded, ...problems, ...sweeps, ...mistakes] }
    },
    operators: {
      readHealth: openHealthReading({
        ...{ database, process: processId, build: o.build, now, log },
        dataDirectory: config.dataDirectory,
      }),
      repairs: openRepairLists(operations),
      latencies: openLatencyReading({ database, now }),
      measurements,
    },
    config: {
      access: config.access,
      baseUrl: config.baseUrl,
      build: o.build,
      probesEveryMs: o.probesEveryMs ?? PROBES_EVERY_MS,
      databaseNotice: database.kind === 'embedded' ? `embedded database in ${database.location}` : null,
    },
  })
  const presence = openPresence({ database, role: config.role, now, log })
  const stopNoting = config.role === 'web' ? presence.start() : () => undefined
  const steps: Andon['steps'] = {
    outbox: (stopping) => outbox.step(stopping),
    async watchdog() {
      // Before anything is concluded from silence.
      await presence.note()
      return (
        (await fanOutHolds({ database, now })) +
        (await wakeDueRepositories({ database, door, now })) +
        (await wakeDuePipelines({ database, door, now })) +
        (await pruneHourly({ database, now, log })) +
        (await appCheck.step())
      )
    },
    repair: async () => (await sweep.step()) + (await findLabeledIssues(reading)) + (await reconcile.step()),
    push: async (stopping) => (await pushes?.step(stopping)) ?? 0,
  }
  let beating: HeartbeatTimer | null = null
  let listening: { close(): Promise<void> } | null = null
  let closed: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    // Nothing is claimed from here on, and `stopping` is stored before any claim is released.
    const stopped = loops.map((loop) => loop.stop())
    const abortTimer = setTimeout(() => ending.abort(new Error('this process is ending')), ABORT_CALLS_AFTER_MS)
    stopNoting()
    await beating?.stop()
    await Promise.all([web.close(), proxy?.close(), listening?.close(), ...stopped])
    await measurements.close()
    clearTimeout(abortTimer)
    await door.close()
    await beating?.remove()
  }

  return {
    door,
    steps,
    handle: web.handle,
    async startWorker({ iterations, stopAsked = () => undefined, restAtMostMs } = {}) {
      // A caller waits for a bounded run to end.
      const everyMs = restAtMostMs ?? (iterations === undefined ? SAFETY_POLL_MS : BOUNDED_POLL_MS)
      beating = await startHeartbeat({
        self,
        database,
        dataDirectory: config.dataDirectory,
        loops: () => loops.map((loop) => loop.state()),
        stopAsked,
        now,
        log,
      })
      const nextDueAt = (since: Instant) => findNextDueAt(database, since)
      const rest = { everyMs, nextDueAt, now, log, iterations }
      // Its lanes end by themselves, and then more may be due.
      const start = (stopping: AbortSignal) => outbox.start(stopping).then(() => 0)
      loops.push(
        startLoop({ ...rest, name: 'outbox', step: start, background: outbox }),
        startLoop({ ...rest, name: 'watchdog', step: steps.watchdog }),
        startLoop({ ...rest, nextDueAt: async () => null, name: 'repair', step: steps.repair }),
        ...(pushes === null ? [] : [startLoop({ ...rest, name: 'push', step: pushes.step })]),
      )
      listening = keepListening({
        listen: (changed) => database.listen(NOTIFY_CHANNEL, changed, changed),
        changed: hintLoops,
        log,
      })
      return { done: Promise.all(loops.map((loop) => loop.ended)) }
    },
    saveMeasurements: measurements.flush,
    async drain() {
      while ((await steps.outbox()) + (await steps.watchdog()) + (await steps.repair()) + (await steps.push()) > 0);
    },
    close() {
      closed ??= shutDown()
      return closed
    },
  }
}

function clientOf({ id, secret }: { readonly id: string; readonly secret: string }) {
  return { clientId: id, clientSecret: secret }
}

const PROBES_EVERY_MS = 1_000
const SAFETY_POLL_MS = 10_000
const BOUNDED_POLL_MS = 500

/** Longer than a call may take, short enough that the outcome of an aborted one can still be saved before the end. */
const ABORT_CALLS_AFTER_MS = 12_000
