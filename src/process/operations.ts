import type { Door } from '../apply/door.ts'
import { setGlobalHold } from '../apply/holds.ts'
import { rehearseStart, type StartRehearsal, type StartToRehearse } from '../apply/rehearse-start.ts'
import { type HoldEnd, holdEndsAt } from '../commands/hold-end.ts'
import type { AppCredentials } from '../config.ts'
import type { DatabaseReading } from '../doctor/database.ts'
import { replayDelivery } from '../inbox/replay.ts'
import type { AnsweredCommand } from '../pipeline/model/command-result.ts'
import type { Instant } from '../pipeline/model/time.ts'
import {
  type BuriedEffect,
  dropBuriedEffects,
  listBuriedEffects,
  replayBuriedEffects,
} from '../store/buried-effects.ts'
import type { Database } from '../store/database.ts'
import {
  dropFailedDeliveries,
  type FailedDelivery,
  listFailedDeliveries,
  loadFailedDelivery,
} from '../store/deliveries.ts'
import { inspectDatabase } from './inspect-database.ts'

/** What an operator may ask of a running Andon. Arguments and answers are plain JSON: they cross the control socket. */
export type Operations = {
  failedDeliveries(): Promise<readonly FailedDelivery[]>
  replay(id: number): Promise<ReplayResult>
  /** Takes failed deliveries off the list for good; resolves to how many. */
  dropDeliveries(ids: readonly number[]): Promise<number>
  /** What was given up to send. */
  buriedEffects(): Promise<readonly BuriedEffect[]>
  /** Lets them be tried again, or takes them off the list for good; resolves to how many. */
  replayEffects(ids: readonly number[]): Promise<number>
  dropEffects(ids: readonly number[]): Promise<number>
  /** Holds everything for that reason, or releases it with null. */
  setGlobalHold(by: string, reason: string | null, end?: HoldEnd | null): Promise<AnsweredCommand>
  /** The whole embedded database as a compressed archive, in base64. */
  backup(): Promise<string>
  /** What the start label would do, without doing it. */
  rehearseStart(start: StartToRehearse): Promise<StartRehearsal>
  /** What the doctor asks of the database. */
  inspectDatabase(): Promise<DatabaseReading>
}

/** What only the process that owns the embedded database may do. */
export type OwnerOperations = Operations & {
  /** Replaces the stored App, and is it from then on; false when `former` is not what is stored. */
  replaceApp(former: AppCredentials, next: AppCredentials): Promise<boolean>
}

export type ReplayResult =
  | { readonly state: 'applied' | 'ignored' | 'unknown' }
  | { readonly state: 'failed'; readonly error: string }

/** The operations over an open database. */
export function openOperations(o: { database: Database; door: Door; now: () => Instant }): Operations {
  return {
    failedDeliveries: () => listFailedDeliveries(o.database),
    dropDeliveries: (ids) => dropFailedDeliveries(o.database, ids),
    buriedEffects: () => listBuriedEffects(o.database),
    replayEffects: (ids) => replayBuriedEffects(o.database, ids, o.now()),
    dropEffects: (ids) => dropBuriedEffects(o.database, ids, o.now()),
    setGlobalHold: (by, reason, end = null) => setGlobalHold(o, { by, reason, until: end && holdEndsAt(end, o.now()) }),
    rehearseStart: (start) => rehearseStart(o, start),
    inspectDatabase: () => inspectDatabase(o.database, { isRunning: true, now: o.now() }),
    async backup() {
      if (o.database.dump === null) throw new Error('a Postgres database is backed up with pg_dump')
      return Buffer.from(await o.database.dump()).toString('base64')
    },
    async replay(id) {
      if ((await loadFailedDelivery(o.database, id)) === null) return { state: 'unknown' }
      const { state } = await replayDelivery(o, id)
      if (state !== 'failed') return { state }
      return { state, error: (await loadFailedDelivery(o.database, id))?.error ?? 'the reason was not stored' }
    },
  }
}
