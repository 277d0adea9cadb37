// Repositories and installations are added, removed and renamed; deliveries about it arrive in any order.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Event, EventOf, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { findRepository, loadBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  deliveryEvidence,
  issueChanged,
  issueLabeled,
  minutesAfterNine,
  REPOSITORY,
} from '../support/pipeline-fixtures.ts'
import { arrivalOf, openTestDoor } from './support/arrivals.ts'

let database: Database
let testDoor: Door

beforeEach(async () => {
  database = await openTestDatabase()
  testDoor = openTestDoor(database)
})

afterEach(async () => {
  await testDoor.close()
  await database.close()
})

async function applyEvent(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await testDoor.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

function repositoryEvent(repository: Partial<RepositoryRef>, event: Event): Event {
  return { ...event, repository: { ...REPOSITORY, ...repository } } as Event
}

function renamed(fullName: string, at: Instant): Event {
  return { type: 'repository.changed', at, evidence: deliveryEvidence(at), repository: { ...REPOSITORY, fullName } }
}

function installation(at: Instant, known: Partial<EventOf<'installation.changed'>>): Event {
  const { installationId } = REPOSITORY
  const rest = { installationId, account: 'acme', state: 'active', added: [], removed: [] } as const
  return { type: 'installation.changed', at, evidence: deliveryEvidence(at), ...rest, ...known }
}

async function boardRows(): Promise<readonly string[]> {
  const { rows } = await loadBoard(database, { visible: 'all' }, minutesAfterNine(30))
  return rows.map(({ repository, pipeline }) => `${repository}#${pipeline.issue.number}`)
}

async function repository(id = REPOSITORY.id) {
  return database.kysely.selectFrom('repositories').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function installationRow() {
  return database.kysely.selectFrom('installations').selectAll().executeTakeFirstOrThrow()
}

test('a repository and its installation are known from the first event that names them', async () => {
  await applyEvent(issueLabeled())
  const { id, fullName, defaultBranch, installationId } = REPOSITORY
  expect(await repository()).toMatchObject({ id, fullName, defaultBranch, installationId, removedAt: null })
  expect(await installationRow()).toMatchObject({ id: installationId, account: 'acme', state: 'active' })
})

test('a renamed repository keeps its pipelines under the new name', async () => {
  await applyEvent(issueLabeled(), renamed('acme/gadgets', minutesAfterNine(5)))
  expect(await boardRows()).toEqual(['acme/gadgets#42'])
  expect(await findRepository(database, 'ACME/Gadgets')).toMatchObject({ id: REPOSITORY.id, fullName: 'acme/gadgets' })
  expect(await findRepository(database, 'acme/widgets')).toBeNull()
})

test('a delivery from before the rename does not bring the old name back', async () => {
  await applyEvent(
    issueLabeled(),
    renamed('acme/gadgets', minutesAfterNine(5)),
    issueChanged({ at: minutesAfterNine(3) }),
  )
  expect(await boardRows()).toEqual(['acme/gadgets#42'])
})

test('pipelines of a deleted repository leave the board, and a late delivery brings nothing back', async () => {
  await applyEvent(issueLabeled())
  await applyEvent({
    type: 'repository.removed',
    at: minutesAfterNine(5),
    evidence: deliveryEvidence(minutesAfterNine(5)),
    repository: REPOSITORY,
  })
  expect(await boardRows()).toEqual([])
  await applyEvent(issueChanged({ at: minutesAfterNine(3) }))
  expect(await boardRows()).toEqual([])
  expect(await findRepository(database, REPOSITORY.fullName)).toBeNull()
})

test('pipelines come back with their repository', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), { removed: [REPOSITORY.id] }))
  expect(await boardRows()).toEqual([])
  await applyEvent(installation(minutesAfterNine(6), { added: [{ ...REPOSITORY, defaultBranch: null }] }))
  expect(await boardRows()).toEqual(['acme/widgets#42'])
  expect(await repository()).toMatchObject({ defaultBranch: 'main' })
})

test('an addition that is delivered after a later removal changes nothing', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(6), { removed: [REPOSITORY.id] }))
  await applyEvent(installation(minutesAfterNine(5), { added: [REPOSITORY] }))
  expect(await boardRows()).toEqual([])
})

test('removing an installation takes its repositories off the board, and no others', async () => {
  await applyEvent(
    issueLabeled(),
    repositoryEvent({ id: 2, fullName: 'acme/second' }, issueLabeled({ number: 1 })),
    repositoryEvent({ id: 3, fullName: 'other/third', installationId: 77 }, issueLabeled({ number: 2 })),
    installation(minutesAfterNine(5), { state: 'removed' }),
  )
  expect(await boardRows()).toEqual(['other/third#2'])
})

test('an installation is suspended until it is active again, in any order of delivery', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), { state: 'suspended' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  await applyEvent(installation(minutesAfterNine(4), { state: 'active' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  await applyEvent(installation(minutesAfterNine(6), { state: 'active' }))
  expect(await installationRow()).toMatchObject({ state: 'active' })
})

test('a group’s changes to a repository end in one state, its removal included', async () => {
  await applyEvent(issueLabeled())
  const events = [
    installation(minutesAfterNine(5), { removed: [REPOSITORY.id] }),
    issueChanged({ at: minutesAfterNine(6) }),
  ]
  const later = repositoryEvent({ fullName: 'acme/gadgets' }, issueChanged({ at: minutesAfterNine(7) }))
  await Promise.all([...events, later].map((event) => testDoor.apply(arrivalOf(event))))
  expect(await boardRows()).toEqual([])
  expect(await repository()).toMatchObject({ fullName: 'acme/gadgets', removedAt: minutesAfterNine(5) })
})
