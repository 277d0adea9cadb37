// What a repository's file does to the repository: pipelines begin with it, its mistakes are shown, and the last good
// version stays in force.
import { expect, test } from 'vitest'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Configuration } from '../../src/pipeline/model/questions.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { loadBoard } from '../../src/store/board.ts'
import { deliveryEvidence, issueLabeled, minutesAfterNine, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { arrivalOf, configurationAnswer, countOf, NOW, pipelinesIn, useTestDoor } from './support/arrivals.ts'

const here = useTestDoor()

const GOOD = 'start: { label: agents }\nstages:\n  build: { workflow: build.yml }\nlimits: { running: 7 }\n'
const BAD = 'start: { label: agents }\nstages:\n  build: { workflow: build.yml, timeout: soon }\n'

async function applyEvent(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await here.door.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

async function repository() {
  return here.database.kysely.selectFrom('repositories').selectAll().executeTakeFirstOrThrow()
}

async function storedMistakes() {
  return (await loadBoard(here.database, { visible: 'all' }, NOW)).invalidConfigFiles
}

function pushTouching(at: Instant, repository = REPOSITORY): Event {
  const push = { headSha: 'c0de'.repeat(10), paths: ['.github/andon.yml'] }
  return { type: 'configuration.pushed', at, evidence: deliveryEvidence(at), repository, ...push }
}

test('a push that changes the file asks for its content, once, even in a repository without pipelines', async () => {
  await applyEvent(
    pushTouching(minutesAfterNine(1)),
    pushTouching(minutesAfterNine(1)),
    pushTouching(minutesAfterNine(2)),
  )
  const asked = await here.database.kysely
    .selectFrom('effects')
    .select(['key', 'document', 'type'])
    .orderBy('id')
    .execute()
  expect(asked.map(({ key }) => key)).toEqual([
    `configuration/${minutesAfterNine(1)}`,
    `configuration/${minutesAfterNine(2)}`,
  ])
  expect(asked[0]).toMatchObject({ type: 'ask', document: { question: { about: 'configuration' } } })
})

test('pipelines begin with the line of the file, and by its label', async () => {
  await applyEvent(configurationAnswer(GOOD), issueLabeled({ number: 1 }), issueLabeled({ number: 2, label: 'Agents' }))
  const pipelines = await pipelinesIn(here.database)
  expect(pipelines.map(({ issueNumber }) => issueNumber)).toEqual([2])
  expect(pipelines[0]?.document.line).toMatchObject({ stages: [{ name: 'build' }], limits: { running: 7 } })
})

test('a mistake is stored with its position and commit, and the last good version stays in force', async () => {
  await applyEvent(configurationAnswer(GOOD, { sha: 'one', headSha: 'c1', at: minutesAfterNine(1) }))
  expect(await storedMistakes()).toEqual([])
  await applyEvent(configurationAnswer(BAD, { sha: 'two', headSha: 'c2', at: minutesAfterNine(2) }))
  expect(await storedMistakes()).toMatchObject([
    {
      repository: 'acme/widgets',
      headSha: 'c2',
      isConfigured: true,
      validSha: 'c1',
      problems: [{ fileLine: 3, field: 'stages.build.timeout' }],
    },
  ])
  expect(await repository()).toMatchObject({
    configuration: { startLabel: 'agents', limits: { running: 7 } },
    configurationSha: 'two',
    configurationHeadSha: 'c2',
    configurationReadAt: minutesAfterNine(2),
  })
  await applyEvent(configurationAnswer(BAD, { sha: 'two', headSha: 'c3', at: minutesAfterNine(3) }))
  expect(await repository()).toMatchObject({ configurationHeadSha: 'c2', configurationReadAt: minutesAfterNine(3) })
  await applyEvent(configurationAnswer(GOOD, { sha: 'one', headSha: 'c4', at: minutesAfterNine(4) }))
  expect(await storedMistakes()).toEqual([])
  expect(await repository()).toMatchObject({ configurationHeadSha: 'c4' })
})

test('only viewers of a repository see what is wrong in its file', async () => {
  await applyEvent(configurationAnswer(BAD))
  expect((await loadBoard(here.database, { visible: [] }, NOW)).invalidConfigFiles).toEqual([])
  expect(
    (await loadBoard(here.database, { visible: [REPOSITORY.id], repository: 'ACME/Widgets' }, NOW)).invalidConfigFiles,
  ).toHaveLength(1)
  expect(
    (await loadBoard(here.database, { visible: 'all', repository: 'acme/other' }, NOW)).invalidConfigFiles,
  ).toEqual([])
})

test('without the file Andon only observes again', async () => {
  await applyEvent(
    configurationAnswer(GOOD, { at: minutesAfterNine(1) }),
    configurationAnswer(null, { at: minutesAfterNine(2) }),
  )
  expect(await repository()).toMatchObject({
    configuration: null,
    configurationSource: null,
    configurationProblems: [],
  })
  await applyEvent(issueLabeled({ number: 1 }))
  expect((await pipelinesIn(here.database))[0]?.document.line.stages.map(({ name }) => name)).toContain('review')
})

test('an answer that was read earlier and arrives later changes nothing', async () => {
  await applyEvent(
    configurationAnswer(GOOD, { at: minutesAfterNine(5) }),
    configurationAnswer(BAD, { at: minutesAfterNine(3) }),
    configurationAnswer(null),
  )
  expect(await repository()).toMatchObject({
    configuration: { startLabel: 'agents' },
    configurationReadAt: minutesAfterNine(5),
  })
  expect(await storedMistakes()).toEqual([])
})

test('the organisation’s file applies where the repository has none of its own', async () => {
  await applyEvent(configurationAnswer(GOOD, { source: 'organisation' }))
  expect(await repository()).toMatchObject({
    configuration: { startLabel: 'agents' },
    configurationSource: 'organisation',
  })
})

test('a push that changes the organisation’s file asks again for every repository without its own', async () => {
  const shared = { ...REPOSITORY, id: 900, fullName: 'acme/.github' }
  const own = { ...REPOSITORY, id: 901, fullName: 'acme/own' }
  const foreign = { ...REPOSITORY, id: 902, fullName: 'other/one', installationId: 77 }
  await applyEvent(
    configurationAnswer(GOOD, { source: 'organisation' }),
    { ...configurationAnswer(GOOD), repository: own },
    pushTouching(minutesAfterNine(1), foreign),
    pushTouching(minutesAfterNine(2), shared),
  )
  const asked = await here.database.kysely
    .selectFrom('effects')
    .select('repositoryId')
    .where('key', '=', `configuration/${minutesAfterNine(2)}`)
    .orderBy('repositoryId')
    .execute()
  expect(asked.map(({ repositoryId }) => repositoryId)).toEqual([REPOSITORY.id, shared.id])
})

test('the answer about an issue includes the file; without it the file stays unknown', async () => {
  const answered = (at: Instant, fields: { configuration?: Configuration | null }): Event => ({
    type: 'question.answered',
    at,
    evidence: { kind: 'read', id: 'issue/42', at },
    repository: REPOSITORY,
    question: { about: 'issue', issueNumber: 42 },
    answer: { about: 'issue', issue: null, pullRequests: [], defaultBranchSha: 'head', ...fields },
  })
  await applyEvent(issueLabeled(), answered(minutesAfterNine(1), {}))
  expect(await repository()).toMatchObject({ configurationReadAt: null })
  await applyEvent(answered(minutesAfterNine(2), { configuration: { text: GOOD, sha: 'one', source: 'repository' } }))
  expect(await repository()).toMatchObject({ configuration: { startLabel: 'agents' }, configurationHeadSha: 'head' })
  await applyEvent(answered(minutesAfterNine(3), { configuration: null }))
  expect(await repository()).toMatchObject({ configuration: null, configurationReadAt: minutesAfterNine(3) })
  expect(await countOf(here.database, 'pipelines')).toBe(1)
})
