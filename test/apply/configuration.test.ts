// What a repository's file does to the repository: it begins pipelines, its mistakes are shown, and the last good
// version stays in force.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Configuration } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { readBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { freshDatabase } from '../support/database.ts'
import { delivered, labelled, minute, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { arrivalOf, configurationIs, countOf, door, NOW, pipelinesIn } from './support/arrivals.ts'

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

const GOOD = 'start: { label: agents }\nstages:\n  build: { workflow: build.yml }\nlimits: { running: 7 }\n'
const BAD = 'start: { label: agents }\nstages:\n  build: { workflow: build.yml, timeout: soon }\n'

async function tell(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await opened.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

async function repository() {
  return database.kysely.selectFrom('repositories').selectAll().executeTakeFirstOrThrow()
}

async function mistaken() {
  return (await readBoard(database, { seen: 'all' }, NOW)).mistaken
}

function touched(at: Instant, repository = REPOSITORY): Event {
  return { type: 'configuration.touched', at, evidence: delivered(at), repository }
}

test('a push that touched the file asks what it says, once, in a repository where nothing is on the line yet', async () => {
  await tell(touched(minute(1)), touched(minute(1)), touched(minute(2)))
  const asked = await database.kysely.selectFrom('effects').select(['key', 'document', 'type']).orderBy('id').execute()
  expect(asked.map(({ key }) => key)).toEqual([`configuration/${minute(1)}`, `configuration/${minute(2)}`])
  expect(asked[0]).toMatchObject({ type: 'ask', document: { question: { about: 'configuration' } } })
})

test('pipelines begin with the line of the file, and its label takes issues up', async () => {
  await tell(configurationIs(GOOD), labelled({ number: 1 }), labelled({ number: 2, label: 'Agents' }))
  const pipelines = await pipelinesIn(database)
  expect(pipelines.map(({ issueNumber }) => issueNumber)).toEqual([2])
  expect(pipelines[0]?.document.line).toMatchObject({ stages: [{ name: 'build' }], limits: { running: 7 } })
})

test('a mistake is kept with its place and its commit, and the last good version stays in force', async () => {
  await tell(configurationIs(GOOD, { sha: 'one', headSha: 'c1', at: minute(1) }))
  expect(await mistaken()).toEqual([])
  await tell(configurationIs(BAD, { sha: 'two', headSha: 'c2', at: minute(2) }))
  expect(await mistaken()).toMatchObject([
    {
      repository: 'acme/widgets',
      headSha: 'c2',
      configured: true,
      goodSha: 'c1',
      mistakes: [{ line: 3, field: 'stages.build.timeout' }],
    },
  ])
  expect(await repository()).toMatchObject({
    configuration: { startLabel: 'agents', limits: { running: 7 } },
    configurationSha: 'two',
    configurationHeadSha: 'c2',
    configurationReadAt: minute(2),
  })
  await tell(configurationIs(BAD, { sha: 'two', headSha: 'c3', at: minute(3) }))
  expect(await repository()).toMatchObject({ configurationHeadSha: 'c2', configurationReadAt: minute(3) })
  await tell(configurationIs(GOOD, { sha: 'one', headSha: 'c4', at: minute(4) }))
  expect(await mistaken()).toEqual([])
  expect(await repository()).toMatchObject({ configurationHeadSha: 'c4' })
})

test('only those who may see a repository see what is wrong in its file', async () => {
  await tell(configurationIs(BAD))
  expect((await readBoard(database, { seen: [] }, NOW)).mistaken).toEqual([])
  expect((await readBoard(database, { seen: [REPOSITORY.id], repository: 'ACME/Widgets' }, NOW)).mistaken).toHaveLength(
    1,
  )
  expect((await readBoard(database, { seen: 'all', repository: 'acme/other' }, NOW)).mistaken).toEqual([])
})

test('without the file Andon only watches again', async () => {
  await tell(configurationIs(GOOD, { at: minute(1) }), configurationIs(null, { at: minute(2) }))
  expect(await repository()).toMatchObject({
    configuration: null,
    configurationSource: null,
    configurationMistakes: [],
  })
  await tell(labelled({ number: 1 }))
  expect((await pipelinesIn(database))[0]?.document.line.stages.map(({ name }) => name)).toContain('review')
})

test('an answer that was read earlier and comes later changes nothing', async () => {
  await tell(configurationIs(GOOD, { at: minute(5) }), configurationIs(BAD, { at: minute(3) }), configurationIs(null))
  expect(await repository()).toMatchObject({ configuration: { startLabel: 'agents' }, configurationReadAt: minute(5) })
  expect(await mistaken()).toEqual([])
})

test('the organisation’s file holds where the repository has none of its own', async () => {
  await tell(configurationIs(GOOD, { source: 'organisation' }))
  expect(await repository()).toMatchObject({
    configuration: { startLabel: 'agents' },
    configurationSource: 'organisation',
  })
})

test('a push that touched the organisation’s file asks anew for everybody who has none of their own', async () => {
  const shared = { ...REPOSITORY, id: 900, fullName: 'acme/.github' }
  const own = { ...REPOSITORY, id: 901, fullName: 'acme/own' }
  const foreign = { ...REPOSITORY, id: 902, fullName: 'other/one', installationId: 77 }
  await tell(
    configurationIs(GOOD, { source: 'organisation' }),
    { ...configurationIs(GOOD), repository: own },
    touched(minute(1), foreign),
    touched(minute(2), shared),
  )
  const asked = await database.kysely
    .selectFrom('effects')
    .select('repositoryId')
    .where('key', '=', `configuration/${minute(2)}`)
    .orderBy('repositoryId')
    .execute()
  expect(asked.map(({ repositoryId }) => repositoryId)).toEqual([REPOSITORY.id, shared.id])
})

test('what is asked about an issue tells of the file too; where it was not read, nothing is known of it', async () => {
  const answered = (at: Instant, told: { configuration?: Configuration | null }): Event => ({
    type: 'answered',
    at,
    evidence: { kind: 'read', id: 'issue/42', at },
    repository: REPOSITORY,
    question: { about: 'issue', issueNumber: 42 },
    answer: { about: 'issue', issue: null, pullRequests: [], defaultBranchSha: 'head', ...told },
  })
  await tell(labelled(), answered(minute(1), {}))
  expect(await repository()).toMatchObject({ configurationReadAt: null })
  await tell(answered(minute(2), { configuration: { text: GOOD, sha: 'one', source: 'repository' } }))
  expect(await repository()).toMatchObject({ configuration: { startLabel: 'agents' }, configurationHeadSha: 'head' })
  await tell(answered(minute(3), { configuration: null }))
  expect(await repository()).toMatchObject({ configuration: null, configurationReadAt: minute(3) })
  expect(await countOf(database, 'pipelines')).toBe(1)
})
