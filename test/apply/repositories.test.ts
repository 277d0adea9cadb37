// Repositories and installations are added, removed and renamed; deliveries about it arrive in any order, and what they
// take away is asked of GitHub.
import { expect, test } from 'vitest'
import type { Event, EventOf, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { InstallationState, RepositoryDescription } from '../../src/pipeline/model/questions.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { loadBoard } from '../../src/store/board.ts'
import { findRepository } from '../../src/store/visible-repositories.ts'
import {
  deliveryEvidence,
  issueChanged,
  issueLabeled,
  minutesAfterNine,
  REPOSITORY,
} from '../support/pipeline-fixtures.ts'
import { arrivalOf, useTestDoor } from './support/arrivals.ts'

const here = useTestDoor()

async function applyEvent(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await here.door.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

function repositoryEvent(repository: Partial<RepositoryRef>, event: Event): Event {
  return { ...event, repository: { ...REPOSITORY, ...repository } } as Event
}

function renamed(fullName: string, at: Instant): Event {
  return {
    type: 'repository.changed',
    at,
    evidence: deliveryEvidence(at),
    repository: { ...REPOSITORY, fullName, updatedAt: at },
  }
}

function installation(at: Instant, known: Partial<EventOf<'installation.changed'>>): Event {
  const { installationId } = REPOSITORY
  const rest = { installationId, account: 'acme', state: 'active', added: [], removed: [] } as const
  return { type: 'installation.changed', at, evidence: deliveryEvidence(at), ...rest, ...known }
}

/** GitHub's answer to the question that a delivery caused; `null`: no installation reaches the repository. */
function presence(at: Instant, description: Partial<RepositoryDescription> | null, installationId = 9): Event {
  const { fullName, private: isPrivate, defaultBranch } = REPOSITORY
  const known = { fullName, private: isPrivate, defaultBranch, archived: false, updatedAt: minutesAfterNine(0) }
  const installation = description && ({ id: installationId, account: 'acme', state: 'active' } as const)
  const answer = {
    about: 'repository',
    installation,
    description: description && { ...known, ...description },
  } as const
  const question = { about: 'repository', says: description === null ? 'gone' : 'there', since: null } as const
  const evidence = { kind: 'read', id: `repository/${at}`, at } as const
  return { type: 'question.answered', at, evidence, repository: REPOSITORY, question, answer }
}

function installationAnswered(at: Instant, state: InstallationState): Event {
  const { installationId } = REPOSITORY
  const question = { about: 'installation', installationId, says: state } as const
  const evidence = { kind: 'read', id: `installation/${at}`, at } as const
  const answer = { about: 'installation', state, account: 'acme' } as const
  return { type: 'question.answered', at, evidence, repository: REPOSITORY, question, answer }
}

async function questions(): Promise<readonly string[]> {
  const rows = await here.database.kysely.selectFrom('effects').select('document').where('type', '=', 'ask').execute()
  return rows.flatMap(({ document }) => (document.type === 'ask' ? document.question.about : []))
}

const LEFT = { removed: [{ id: REPOSITORY.id, ref: REPOSITORY }] }

async function boardRows(): Promise<readonly string[]> {
  const { rows } = await loadBoard(here.database, { visible: 'all' }, minutesAfterNine(30))
  return rows.map(({ repository, pipeline }) => `${repository}#${pipeline.issue.number}`)
}

async function repository(id = REPOSITORY.id) {
  return here.database.kysely.selectFrom('repositories').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function installationRow() {
  return here.database.kysely.selectFrom('installations').selectAll().executeTakeFirstOrThrow()
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
  expect(await findRepository(here.database, 'all', 'ACME/Gadgets')).toMatchObject({
    id: REPOSITORY.id,
    fullName: 'acme/gadgets',
  })
  expect(await findRepository(here.database, 'all', 'acme/widgets')).toBeNull()
})

test('a delivery from before the rename does not bring the old name back', async () => {
  await applyEvent(
    issueLabeled(),
    renamed('acme/gadgets', minutesAfterNine(5)),
    repositoryEvent({ updatedAt: minutesAfterNine(3) }, issueChanged({ at: minutesAfterNine(3) })),
  )
  expect(await boardRows()).toEqual(['acme/gadgets#42'])
})

test('pipelines of a deleted repository leave the board once GitHub confirms it, and a late delivery brings none back', async () => {
  await applyEvent(issueLabeled())
  await applyEvent({
    type: 'repository.removed',
    at: minutesAfterNine(5),
    evidence: deliveryEvidence(minutesAfterNine(5)),
    repository: REPOSITORY,
  })
  expect(await boardRows()).toEqual(['acme/widgets#42'])
  expect(await questions()).toContain('repository')
  await applyEvent(presence(minutesAfterNine(6), null))
  expect(await boardRows()).toEqual([])
  await applyEvent(issueChanged({ at: minutesAfterNine(3) }))
  expect(await boardRows()).toEqual([])
  expect(await findRepository(here.database, 'all', REPOSITORY.fullName)).toBeNull()
})

test('pipelines come back with their repository', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), LEFT), presence(minutesAfterNine(5), null))
  expect(await boardRows()).toEqual([])
  await applyEvent(installation(minutesAfterNine(6), { added: [{ ...REPOSITORY, defaultBranch: null }] }))
  expect(await boardRows()).toEqual([])
  await applyEvent(presence(minutesAfterNine(7), {}))
  expect(await boardRows()).toEqual(['acme/widgets#42'])
  expect(await repository()).toMatchObject({ defaultBranch: 'main' })
})

test('an addition that is delivered after a later removal is asked about, and changes nothing', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(6), LEFT), presence(minutesAfterNine(6), null))
  await applyEvent(installation(minutesAfterNine(5), { added: [REPOSITORY] }), presence(minutesAfterNine(7), null))
  expect(await boardRows()).toEqual([])
})

test('a removal that is delivered before its repository was ever named leaves a question', async () => {
  await applyEvent(installation(minutesAfterNine(6), LEFT), issueLabeled())
  expect(await questions()).toContain('repository')
  await applyEvent(presence(minutesAfterNine(7), null))
  expect(await boardRows()).toEqual([])
})

test('a repository of a removed installation is found again in the next one', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), { state: 'removed' }))
  const again = { ...REPOSITORY, installationId: 10 }
  await applyEvent(installation(minutesAfterNine(6), { installationId: 10, added: [again] }))
  await applyEvent(presence(minutesAfterNine(7), {}, 10))
  expect(await boardRows()).toEqual(['acme/widgets#42'])
  await applyEvent(installation(minutesAfterNine(5), { state: 'removed' }), issueChanged({ at: minutesAfterNine(4) }))
  expect(await boardRows()).toEqual(['acme/widgets#42'])
  expect(await repository()).toMatchObject({ installationId: 10, removedAt: null })
})

test('of two names within one second neither counts before GitHub has answered', async () => {
  const at = minutesAfterNine(5)
  await applyEvent(issueLabeled(), renamed('acme/gadgets', at), renamed('acme/gizmos', at))
  expect(await boardRows()).toEqual(['acme/gadgets#42'])
  await applyEvent(presence(minutesAfterNine(6), { fullName: 'acme/gizmos', updatedAt: at }))
  expect(await boardRows()).toEqual(['acme/gizmos#42'])
})

test('a repository that may be private is private until GitHub has answered', async () => {
  const at = minutesAfterNine(5)
  const published = repositoryEvent({ updatedAt: at }, renamed('acme/widgets', at))
  await applyEvent(published, repositoryEvent({ private: true, updatedAt: at }, renamed('acme/widgets', at)))
  expect(await repository()).toMatchObject({ private: true })
  await applyEvent(presence(minutesAfterNine(6), { private: false, updatedAt: at }))
  expect(await repository()).toMatchObject({ private: false })
})

test('an answer that was read earlier than another changes nothing', async () => {
  await applyEvent(issueLabeled(), presence(minutesAfterNine(8), {}), presence(minutesAfterNine(7), null))
  expect(await boardRows()).toEqual(['acme/widgets#42'])
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

test('an installation is suspended until GitHub says otherwise, in any order of delivery', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), { state: 'suspended' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  await applyEvent(installation(minutesAfterNine(6), { state: 'active' }))
  expect(await installationRow()).toMatchObject({ state: 'suspended' })
  expect(await questions()).toContain('installation')
  await applyEvent(installationAnswered(minutesAfterNine(6), 'active'))
  expect(await installationRow()).toMatchObject({ state: 'active' })
  await applyEvent(installation(minutesAfterNine(5), { state: 'suspended' }))
  expect(await installationRow()).toMatchObject({ state: 'active' })
})

test('a removed installation stays removed, whatever is delivered or answered later', async () => {
  await applyEvent(issueLabeled(), installation(minutesAfterNine(5), { state: 'removed' }))
  await applyEvent(installation(minutesAfterNine(6), { state: 'active', added: [REPOSITORY] }))
  await applyEvent(installationAnswered(minutesAfterNine(7), 'active'))
  expect(await installationRow()).toMatchObject({ state: 'removed' })
})

test('a group’s changes to a repository end in one state, its removal included', async () => {
  await applyEvent(issueLabeled())
  const events = [
    installation(minutesAfterNine(5), LEFT),
    presence(minutesAfterNine(5), null),
    issueChanged({ at: minutesAfterNine(6) }),
  ]
  const described = { fullName: 'acme/gadgets', updatedAt: minutesAfterNine(7) }
  const later = repositoryEvent(described, issueChanged({ at: minutesAfterNine(7) }))
  await Promise.all([...events, later].map((event) => here.door.apply(arrivalOf(event))))
  expect(await boardRows()).toEqual([])
  expect(await repository()).toMatchObject({ fullName: 'acme/gadgets', removedAt: minutesAfterNine(5) })
})
