// Kept counts and the stored order say what the rows say: both are compared with every row read and judged by itself.
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import { healthAt, IS_HELD, IS_OPEN, isNeedingYou, rankAt, selectVisible } from '../../src/store/board-columns.ts'
import { listRepositoryCounts } from '../../src/store/board-repositories.ts'
import type { Database } from '../../src/store/database.ts'
import type { VisiblePlace } from '../../src/store/visible-repositories.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import { loadWholeBoard } from '../support/whole-board.ts'
import { writePipelines, writeRepositories } from './support/pipeline-rows.ts'

const LIGHTS = ['running', 'review', 'queued', 'failed', 'idle', 'done'] as const
const ISSUES = 60
const ROUNDS = 5
const PLACES: readonly VisiblePlace[] = [
  { visible: 'all' },
  { visible: [2, 3] },
  { visible: 'all', repository: 'acme/gadgets' },
  { visible: [1], repository: 'acme/gadgets' },
]

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
  await writeRepositories(database, { 1: 'acme/widgets', 2: 'acme/gadgets', 3: 'zeta/secret' })
})

afterEach(async () => {
  await database.close()
})

test('counts and order are those of the rows, whatever changed, was deleted, held, refused or turned by the clock', async () => {
  const chance = seededRandom(41)
  await writePipelines(
    database,
    Array.from({ length: ISSUES }, (_, index) => ({ issueNumber: 1 + index, repositoryId: 1 + (index % 3) })),
  )
  for (let round = 0; round < ROUNDS; round += 1) {
    await changeSome(chance)
    await changeAround(chance)
    // Also by a clock that is behind the one that saved.
    for (const minute of [29, 40, 75])
      for (const place of PLACES) await expectAsRows(place, minutesAfterNine(minute), `round ${round}`)
  }
})

async function changeSome(chance: SeededRandom): Promise<void> {
  const moment = () => chance.pick([null, minutesAfterNine(20), minutesAfterNine(35), minutesAfterNine(60)])
  for (let change = 0; change < 15; change += 1) {
    const which = database.kysely.updateTable('pipelines').where('issueNumber', '=', 1 + chance.integer(ISSUES))
    const light = chance.pick(LIGHTS)
    await which
      .set({
        light,
        since: minutesAfterNine(chance.integer(4)),
        held: chance.next() < 0.2,
        isUnsent: chance.next() < 0.3,
        awaitsFile: chance.next() < 0.3,
        needsYouAt: light === 'done' ? null : moment(),
        staleAt: moment(),
        silentAt: moment(),
        knownUntil: moment(),
        silentHealth: chance.pick(['stalled', 'unknown']),
        updatedAt: minutesAfterNine(chance.pick([21, 30, 36])),
      })
      .execute()
  }
  if (chance.next() < 0.3)
    await database.kysely
      .deleteFrom('pipelines')
      .where('issueNumber', '=', 1 + chance.integer(ISSUES))
      .execute()
}

async function changeAround(chance: SeededRandom): Promise<void> {
  const { kysely } = database
  const hold = () => (chance.next() < 0.2 ? JSON.stringify({ reason: 'it breaks' }) : null)
  await sql`update global_hold set hold_or_release = ${chance.next() < 0.5 ? hold() : null}::jsonb`.execute(kysely)
  for (const id of [1, 2, 3])
    await sql`update repositories set hold_or_release = ${hold()}::jsonb,
      configuration_problems = ${chance.next() < 0.3 ? '[{}]' : '[]'}::jsonb where id = ${id}`.execute(kysely)
  await sql`delete from access_problems`.execute(kysely)
  const refused = chance.pick([null, null, [9, 0, 0], [9, 1, 0], [9, 2, 2], [9, 3, 3]])
  if (refused === null) return
  await sql`insert into access_problems (installation_id, repository_id, issue_number, permission, cause, words, declared,
      since, tried_at, next_try_at, tries)
    select ${refused[0]}::bigint, ${refused[1]}::bigint, ${refused[2]}::integer, 'actions=write', 'permission', '', true, at, at, at, 1
    from (select ${minutesAfterNine(0)}::timestamptz as at) as moment`.execute(kysely)
}

/** Every row by itself, as the definitions of the board judge it. */
async function judgeRows(place: VisiblePlace, now: string) {
  return await selectVisible(database.kysely, place)
    .select([
      'pipelines.id',
      'repositories.fullName as repository',
      'light',
      healthAt(now).as('health'),
      IS_HELD.as('isHeld'),
      isNeedingYou(now).as('isNeedy'),
      rankAt(now).as('rank'),
    ])
    .where(IS_OPEN)
    .orderBy('rank')
    .orderBy('since')
    .orderBy('pipelines.id')
    .execute()
}

async function expectAsRows(place: VisiblePlace, now: string, round: string): Promise<void> {
  const context = `${round}, ${JSON.stringify(place)} at ${now}`
  const rows = await judgeRows(place, now)
  const board = await loadWholeBoard(database, { ...place, limit: 25 }, now)
  const { counts } = board
  const ofLight = (light: string) => rows.filter((row) => row.light === light).length
  const ofHealth = (health: string) => rows.filter((row) => row.health === health).length
  const needsYou = rows.filter(({ isNeedy }) => isNeedy).length
  expect({ ...counts, needsYou: counts.needsYou - counts.mistaken }, context).toEqual({
    running: ofLight('running'),
    review: ofLight('review'),
    queued: ofLight('queued'),
    failed: ofLight('failed'),
    stalled: ofHealth('stalled'),
    stale: ofHealth('stale'),
    unknown: ofHealth('unknown'),
    open: rows.length,
    held: rows.filter(({ isHeld }) => isHeld).length,
    moving: rows.filter(({ light, isNeedy, health }) => light === 'running' && !isNeedy && health !== 'unknown').length,
    needsYou,
    mistaken: counts.mistaken,
  })
  expect(
    board.rows.map(({ id }) => id),
    context,
  ).toEqual(rows.map(({ id }) => id))
  const listed = await listRepositoryCounts(database.kysely, place, null, now)
  for (const { repository, running, ...one } of listed) {
    const here = rows.filter((row) => row.repository === repository)
    expect(running, context).toBe(here.filter(({ light }) => light === 'running').length)
    expect(one.needsYou, context).toBeGreaterThanOrEqual(here.filter(({ isNeedy }) => isNeedy).length)
  }
}
