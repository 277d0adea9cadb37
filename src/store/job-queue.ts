// Jobs are hints: the rows say what is due, a job only says that it is worth looking now, and to one worker alone. A job
// that is lost, late or run twice costs nothing. pg-boss keeps them, beside our tables, and runs what is due by the clock.
import { fromKysely, fromPglite, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Database, Transaction } from './database.ts'

export type QueueName = (typeof QUEUES)[number]
const QUEUES = ['outbox', 'prune'] as const

export type JobQueue = {
  /** Leaves a hint that is seen when the transaction commits. Many hints before anybody looks are one. */
  enqueue(trx: Transaction, queue: QueueName): Promise<void>
  /** Calls back for every hint, one at a time. */
  work(queue: QueueName, look: () => Promise<void>): Promise<void>
  /** Leaves a hint by the clock, whichever process is there to do it. */
  schedule(queue: QueueName, cron: string): Promise<void>
  stop(): Promise<void>
}

// Retries and late commits are not notified, so a worker also looks by itself.
const POLL_SECONDS = 2
const DRAIN_MS = 5_000

/** Opens the queues on a migrated database. */
export async function openJobQueue(database: Database, log: Logger): Promise<JobQueue> {
  const { engine } = database
  const boss =
    'pglite' in engine
      ? new PgBoss({ db: fromPglite(engine.pglite), backend: 'pglite', useListenNotify: true })
      : new PgBoss({ connectionString: engine.url, max: 3, useListenNotify: true })
  boss.on('error', (error) => log.warn({ err: error }, 'the job queue is in trouble'))
  await boss.start()
  // A queue that pg-boss has not cached makes it ask on a connection of its own, which on PGlite is ours: it would wait
  // for ever inside a transaction. So every queue is used once before anything else happens.
  for (const queue of QUEUES) {
    await boss.createQueue(queue, { policy: 'short', notify: true, retryLimit: 0, deleteAfterSeconds: 60 })
    await boss.insert(queue, [singletonJob(queue)])
  }
  return {
    async enqueue(trx, queue) {
      await boss.insert(queue, [singletonJob(queue)], { db: fromKysely(trx) })
    },
    async work(queue, look) {
      const every = { pollingIntervalSeconds: POLL_SECONDS, notifyPollingIntervalSeconds: POLL_SECONDS }
      await boss.work(queue, every, look)
    },
    async schedule(queue, cron) {
      await boss.schedule(queue, cron)
    },
    stop: () => boss.stop({ graceful: true, timeout: DRAIN_MS }),
  }
}

function singletonJob(queue: QueueName): { singletonKey: string } {
  return { singletonKey: queue }
}
