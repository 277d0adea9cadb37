// Deliveries for the door: events of the pure world, under GUIDs that never repeat.
import pino from 'pino'
import { afterEach, beforeEach } from 'vitest'
import type { ApplyRequest, Delivery } from '../../../src/apply/apply-request.ts'
import { type Door, openDoor } from '../../../src/apply/door.ts'
import type { Event, EventOf } from '../../../src/pipeline/model/events.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { openTestDatabase } from '../../support/database.ts'
import { issueLabeled, minutesAfterNine, REPOSITORY } from '../../support/pipeline-fixtures.ts'

export const NOW: Instant = '2026-11-21T12:00:00.000Z'
export const BODY = Buffer.from('{"the":"raw body"}')

export function openTestDoor(database: Database, o: { now?: () => Instant } = {}): Door {
  return openDoor({ database, now: o.now ?? (() => NOW), log: pino({ level: 'silent' }) })
}

/** A database and a door on it, new for each test of the file. */
export function useTestDoor(): { readonly database: Database; readonly door: Door } {
  let database: Database
  let door: Door
  beforeEach(async () => {
    database = await openTestDatabase()
    door = openTestDoor(database)
  })
  afterEach(async () => {
    await door.close()
    await database.close()
  })
  return {
    get database() {
      return database
    },
    get door() {
      return door
    },
  }
}

let lastGuid = 0

export function deliveryOf(known: Partial<Delivery> = {}): Delivery {
  return {
    hookId: 1,
    guid: `guid-${++lastGuid}`,
    name: 'issues',
    action: 'labeled',
    installationId: REPOSITORY.installationId,
    repositoryId: REPOSITORY.id,
    receivedAt: NOW,
    body: BODY,
    ...known,
  }
}

/** A delivery of the event; null: an ignored one. */
export function arrivalOf(event: Event | null, known: Partial<Delivery> = {}): ApplyRequest {
  return { delivery: deliveryOf(known), event }
}

/** An issue whose label begins its pipeline. */
export function labelIssue(issueNumber: number, title = `Issue ${issueNumber}`): Event {
  return issueLabeled({ number: issueNumber, title })
}

export async function deliveriesIn({ kysely }: Database) {
  return kysely.selectFrom('deliveries').selectAll().orderBy('id').execute()
}

export async function pipelinesIn({ kysely }: Database) {
  return kysely.selectFrom('pipelines').selectAll().orderBy('repositoryId').orderBy('issueNumber').execute()
}

export async function countOf(
  { kysely }: Database,
  table: 'history' | 'effects' | 'runs' | 'pullRequests' | 'pipelines',
) {
  const { count } = await kysely
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** GitHub's answer about the repository's file; null: there is none. */
export function configurationAnswer(
  text: string | null,
  known: { sha?: string; headSha?: string; source?: 'repository' | 'organisation'; at?: Instant } = {},
): EventOf<'question.answered'> {
  const { sha = `sha of ${text}`, headSha = 'head', source = 'repository', at = minutesAfterNine(0) } = known
  const found = text === null ? { text, sha: null, source: null } : { text, sha, source }
  return {
    type: 'question.answered',
    at,
    evidence: { kind: 'read', id: `configuration/${at}`, at },
    repository: REPOSITORY,
    question: { about: 'configuration' },
    answer: { about: 'configuration', headSha, ...found },
  }
}
