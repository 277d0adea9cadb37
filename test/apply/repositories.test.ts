// Repositories and installations come, go and change their names; deliveries about it come in any order.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { findRepository, readBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { freshDatabase } from '../support/database.ts'
import { delivered, issueIs, labelled, minute, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { arrivalOf, door } from './support/arrivals.ts'

let database: Database
let opened: Door

beforeEach(async () => {
  database = await freshDatabase()
  opened = door(database)
})

afterEach(async () => {
  await opened.close()
  await database.close()
})

async function tell(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await opened.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

function about(repository: Partial<RepositoryRef>, event: Event): Event {
  return { ...event, repository: { ...REPOSITORY, ...repository } } as Event
}

function renamed(fullName: string, at: Instant): Event {
  return { type: 'repository.changed', at, evidence: delivered(at), repository: { ...REPOSITORY, fullName } }
}

function installation(at: Instant, known: Partial<Extract<Event, { type: 'installation.changed' }>>): Event {
  const { installationId } = REPOSITORY
  const rest = { installationId, account: 'acme', state: 'active', added: [], removed: [] } as const
  return { type: 'installation.changed', at, evidence: delivered(at), ...rest, ...known }
}

async function onTheBoard(): Promise<readonly string[]> {
  const { rows } = await readBoard(database, { seen: 'all' }, minute(30))
  return rows.map(({ repository, pipeline }) => `${repository}#${pipeline.issue.number}`)
}

async function repository(id = REPOSITORY.id) {
  return database.kysely.selectFrom('repositories').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function installationRow() {
  return database.kysely.selectFrom('installations').selectAll().executeTakeFirstOrThrow()
}

test('a repository and its installation are known from the first event that names them', async () => {
  await tell(labelled())
  const { id, fullName, defaultBranch, installationId } = REPOSITORY
  expect(await repository()).toMatchObject({ id, fullName, defaultBranch, installationId, removedAt: null })
  expect(await installationRow()).toMatchObject({ id: installationId, account: 'acme', state: 'active' })
})

test('a renamed repository keeps its pipelines under the new name', async () => {
  await tell(labelled(), renamed('acme/gadgets', minute(5)))
  expect(await onTheBoard()).toEqual(['acme/gadgets#42'])
  expect(await findRepository(database, 'ACME/Gadgets')).toMatchObject({ id: REPOSITORY.id, fullName: 'acme/gadgets' })
  expect(await findRepository(database, 'acme/widgets')).toBeNull()
})

test('a delivery from before the renaming does not bring the old name back', async () => {
  await tell(labelled(), renamed('acme/gadgets', minute(5)), issueIs({ at: minute(3) }))
  expect(await onTheBoard()).toEqual(['acme/gadgets#42'])
})

test('pipelines of a deleted repository leave the board, and a late delivery brings nothing back', async () => {
  await tell(labelled())
  await tell({ type: 'repository.removed', at: minute(5), evidence: delivered(minute(5)), repository: REPOSITORY })
  expect(await onTheBoard()).toEqual([])
  await tell(issueIs({ at: minute(3) }))
  expect(await onTheBoard()).toEqual([])
  expect(await findRepository(database, REPOSITORY.fullName)).toBeNull()
})

test('pipelines come back with their repository', async () => {
  await tell(labelled(), installation(minute(5), { removed: [REPOSITORY.id] }))
  expect(await onTheBoard()).toEqual([])
  await tell(installation(minute(6), { added: [{ ...REPOSITORY, defaultBranch: null }] }))
  expect(await onTheBoard()).toEqual(['acme/widgets#42'])
  expect(await repository()).toMatchObject({ defaultBranch: 'main' })
})

test('an addition that is told after the removal it came before changes nothing', async () => {
  await tell(labelled(), installation(minute(6), { removed: [REPOSITORY.id] }))
  await tell(installation(minute(5), { added: [REPOSITORY] }))
  expect(await onTheBoard()).toEqual([])
})

test('a removed installation takes all its repositories off the board, and no other', async () => {
  await tell(
    labelled(),
    about({ id: 2, fullName: 'acme/second' }, labelled({ number: 1 })),
    about({ id: 3, fullName: 'other/third', installationId: 77 }, labelled({ number: 2 })),
    installation(minute(5), { state: 'removed' }),
  )
  expect(await onTheBoard()).toEqual(['other/third#2'])
})

test('a suspended installation is known as such until it is active again, whatever order that is told in', async () => {
  await tell(labelled(), installation(minute(5), { state: 'suspended' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  await tell(installation(minute(4), { state: 'active' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  await tell(installation(minute(6), { state: 'active' }))
  expect(await installationRow()).toMatchObject({ state: 'active' })
})

test('what a group tells of a repository holds together, removal and all', async () => {
  await tell(labelled())
  const events = [installation(minute(5), { removed: [REPOSITORY.id] }), issueIs({ at: minute(6) })]
  const later = about({ fullName: 'acme/gadgets' }, issueIs({ at: minute(7) }))
  await Promise.all([...events, later].map((event) => opened.apply(arrivalOf(event))))
  expect(await onTheBoard()).toEqual([])
  expect(await repository()).toMatchObject({ fullName: 'acme/gadgets', removedAt: minute(5) })
})
