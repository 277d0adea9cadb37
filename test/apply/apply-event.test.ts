// Events through the real door: which pipelines they change, what is stored for later, and which questions they ask.
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { askClosingIssues } from '../../src/advance/advance.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { decodeChangeNotice } from '../../src/store/notify.ts'
import { listPipelinesToWake } from '../../src/store/pipelines.ts'
import { type AskedEffect, inMemoryWorld } from '../support/in-memory-world.ts'
import { answerQuestion, lifecycleEvents } from '../support/lifecycle-events.ts'
import {
  AGENT_BRANCH,
  deliveryEvidence,
  ISSUE,
  issueChanged,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pullRequestChanged,
  REPOSITORY,
  runChanged,
} from '../support/pipeline-fixtures.ts'
import { commentCreated } from '../support/pipeline-harness.ts'
import { arrivalOf, countOf, openTestDoor, pipelinesIn, useTestDoor } from './support/arrivals.ts'

const here = useTestDoor()

async function applyEvents(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await here.door.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

async function only(): Promise<Awaited<ReturnType<typeof pipelinesIn>>[number]> {
  const pipelines = await pipelinesIn(here.database)
  expect(pipelines).toHaveLength(1)
  return pipelines[0]!
}

test('a comment on a pull request counts for the issues that it closes now, not for those it used to close', async () => {
  const closes = (numbers: readonly number[], at: number) =>
    pullRequestChanged(
      { at: minutesAfterNine(at), closingIssues: numbers, closingIssuesAt: minutesAfterNine(at), branch: 'patch-1' },
      'edited',
    )
  await applyEvents(closes([5], 1), closes([6], 2))
  await applyEvents(commentCreated('/andon start', { onPullRequest: true, on: 7 }))
  expect((await pipelinesIn(here.database)).map(({ issueNumber }) => issueNumber)).toEqual([6])
})

test('the columns of a pipeline match what the core derives from its document', async () => {
  await applyEvents(issueLabeled(), runChanged({ workflow: 'plan.yml', startedAt: minutesAfterNine(1) }))
  const { document, ...row } = await only()
  const { light: colour, stage, since } = headlineOf(document)
  expect(row).toMatchObject({ light: colour, stage, since, issueNumber: ISSUE, revision: 2, publishedRevision: 0 })
  expect(row.light).toBe('running')
  expect(row.needsYouAt).not.toBeNull()
  expect(row.wakeAt).not.toBeNull()
})

test('ordinary issues, pull requests and runs begin no pipeline and ask nothing', async () => {
  const ordinary = { branch: 'fix-typo', title: 'Fix a typo' }
  for (let number = 1; number <= 50; number++) {
    await Promise.all([
      here.door.apply(arrivalOf(issueChanged({ number }, 'opened'))),
      here.door.apply(arrivalOf(issueLabeled({ number, label: 'bug' }))),
      here.door.apply(arrivalOf(pullRequestChanged({ number, ...ordinary }))),
      here.door.apply(arrivalOf(runChanged({ id: number, workflow: 'ci.yml', ...ordinary }))),
      here.door.apply(arrivalOf(runChanged({ id: 1000 + number, workflow: 'code.yml', ...ordinary }))),
      here.door.apply(arrivalOf(jobChanged({ id: number, runId: number }))),
    ])
  }
  expect(await pipelinesIn(here.database)).toEqual([])
  expect([await countOf(here.database, 'effects'), await countOf(here.database, 'history')]).toEqual([0, 0])
})

test('events from before a pipeline began are replayed into it', async () => {
  const titled = { branch: 'main', title: 'andon 42/plan/1-k3v9x' }
  await applyEvents(
    jobChanged({ runId: 101, id: 1, status: 'completed', conclusion: 'success' }),
    runChanged({ id: 101, workflow: 'plan.yml', ...titled, conclusion: 'success' }),
    pullRequestChanged({ branch: 'retry', closingIssues: [ISSUE], closingIssuesAt: minutesAfterNine(5) }),
    runChanged({ id: 102, workflow: 'code.yml', branch: 'retry' }),
  )
  expect(await pipelinesIn(here.database)).toEqual([])
  await applyEvents(issueLabeled({ at: minutesAfterNine(8) }))
  const { document } = await only()
  expect(document.stages.map(({ status }) => status)).toEqual(['done', 'running', 'idle', 'review'])
  expect(document.stages[0]?.attempts[0]?.run?.jobs).toHaveLength(1)
})

test('a run on the branch of a pull request that is linked later is replayed into the pipeline', async () => {
  await applyEvents(
    issueLabeled(),
    pullRequestChanged({ branch: 'retry' }),
    runChanged({ id: 7, workflow: 'test.yml', branch: 'retry' }),
  )
  expect((await only()).document.stages.map(({ status }) => status)).toEqual(['queued', 'idle', 'idle', 'idle'])
  const question = { about: 'pull_request', pullRequestNumber: 7 } as const
  const evidence = { kind: 'read', id: 'pull_request/7', at: minutesAfterNine(9) } as const
  const base = { at: minutesAfterNine(9), evidence, repository: REPOSITORY }
  await here.door.apply({
    event: {
      type: 'question.answered',
      ...base,
      question,
      answer: { about: 'pull_request', closes: [ISSUE], pullRequest: null },
    },
  })
  expect((await only()).document.stages.map(({ status }) => status)).toEqual(['idle', 'idle', 'running', 'review'])
})

test('an agent that works on a branch named after the issue begins its pipeline', async () => {
  await applyEvents(runChanged({ workflow: 'code.yml', branch: AGENT_BRANCH }))
  expect((await only()).document.start.by).toBe('branch')
})

test('events of a group see the changes of the group', async () => {
  const events = [
    issueLabeled(),
    pullRequestChanged(),
    runChanged({ workflow: 'code.yml' }),
    jobChanged(),
    runChanged({ conclusion: 'success' }),
  ]
  await Promise.all(events.map((event) => here.door.apply(arrivalOf(event))))
  expect((await only()).document.stages.map(({ status }) => status)).toEqual(['idle', 'done', 'idle', 'review'])
})

test('a question is asked once, whatever leads to it, and about pull requests only in repositories with pipelines', async () => {
  const opening = pullRequestChanged({ number: 8, branch: 'other' })
  await applyEvents(opening)
  expect(await countOf(here.database, 'effects')).toBe(0)
  await applyEvents(issueLabeled(), opening, opening)
  const effects = await here.database.kysely.selectFrom('effects').selectAll().orderBy('key').execute()
  expect(effects.map(({ key }) => key)).toEqual([`issue/42/${minutesAfterNine(0)}`, askClosingIssues(opening)[0]?.key])
  expect(effects).toMatchObject([
    { state: 'due', pipelineId: (await only()).id },
    { state: 'due', pipelineId: null },
  ])
})

test('an answer completes its effect in the same transaction, and counts only under the claim that asked', async () => {
  await applyEvents(issueLabeled())
  const [effect] = await here.database.kysely.selectFrom('effects').selectAll().execute()
  const { id, document } = effect!
  const [token, other] = ['0b1e0000-0000-4000-8000-000000000001', '0b1e0000-0000-4000-8000-000000000002'] as const
  await here.database.kysely.updateTable('effects').set({ claimToken: token }).execute()
  const event = answerQuestion({ ...document, repositoryId: REPOSITORY.id }, minutesAfterNine(9), 'open')
  expect(await here.door.apply({ effect: { id, token: other }, event })).toMatchObject({ duplicate: true })
  expect((await only()).document.baseSha).toBeNull()
  expect(await here.door.apply({ effect: { id, token }, event })).toEqual({ duplicate: false, state: 'applied' })
  expect((await only()).document.baseSha).toBe('aaa0')
  expect(await here.door.apply({ effect: { id, token }, event })).toMatchObject({ duplicate: true })
  expect(await here.database.kysely.selectFrom('effects').select('state').where('id', '=', id).execute()).toEqual([
    { state: 'done' },
  ])
})

test('a pipeline is published once for every wake-up it asked for', async () => {
  await applyEvents(issueLabeled(), runChanged({ workflow: 'plan.yml' }))
  const { id, revision, wakeAt } = await only()
  const at = wakeAt!
  expect(await listPipelinesToWake(here.database, minutesAfterNine(3), 10)).toEqual([])
  expect(await listPipelinesToWake(here.database, at, 10)).toEqual([id])
  const later = openTestDoor(here.database, { now: () => at })
  const woken: Event = { type: 'pipeline.woken', at, evidence: { kind: 'clock', id: 'watchdog', at }, pipelineId: id }
  await Promise.all([later.apply({ event: woken }), later.apply({ event: woken })])
  expect((await only()).revision).toBe(revision + 1)
  expect(await listPipelinesToWake(here.database, at, 10)).toEqual([])
  await later.close()
})

test('a deleted comment is written again if it is ours, and ignored otherwise', async () => {
  await applyEvents(issueLabeled())
  const { id, revision } = await only()
  const row = { pipelineId: id, surface: 'comment/plan', githubId: 900, digest: 'd', updatedAt: minutesAfterNine(1) }
  await here.database.kysely.insertInto('publications').values(row).execute()
  const gone = (commentId: number): Event => {
    const base = { at: minutesAfterNine(3), evidence: deliveryEvidence(minutesAfterNine(3)), repository: REPOSITORY }
    return { type: 'comment.deleted', ...base, issueNumber: ISSUE, commentId }
  }
  await applyEvents(gone(901))
  expect((await only()).revision).toBe(revision)
  await applyEvents(gone(900))
  expect((await only()).revision).toBe(revision + 1)
  const left = await here.database.kysely.selectFrom('publications').select(['githubId', 'digest']).execute()
  expect(left).toEqual([{ githubId: null, digest: null }])
})

test('listeners receive one notification a group with the revision of each issue', async () => {
  const payloads: string[] = []
  const { promise: notified, resolve } = Promise.withResolvers<void>()
  const stop = await here.database.listen(
    'andon',
    (payload) => {
      payloads.push(payload)
      resolve()
    },
    () => undefined,
  )
  await applyEvents(issueChanged({ number: 1 }, 'opened'), issueLabeled())
  await notified
  const touched = [{ repository: REPOSITORY.fullName, issue: ISSUE, revision: 1 }]
  expect(payloads.map(decodeChangeNotice)).toEqual([{ since: expect.any(String), touched }])
  await stop()
})

const SEEDS = { postgres: 15, embedded: 3 }

test('a life applied through the door, in any order and grouping, ends in the same state as in memory', async () => {
  const life = lifecycleEvents(() => minutesAfterNine(0))
  const expected = rowOf(expectedInMemory(life))
  let deliveries = 0
  for (let seed = 1; seed <= SEEDS[here.database.kind]; seed++) {
    const chance = seededRandom(seed)
    const repository = { ...REPOSITORY, id: 1000 + seed, fullName: `acme/life-${seed}` }
    const events = chance.shuffle(life.flatMap((event) => Array.from({ length: 1 + chance.integer(2) }, () => event)))
    deliveries += events.length
    while (events.length > 0) {
      const group = events.splice(0, 1 + chance.integer(12)).map((event) => arrivalOf(movedTo(repository, event)))
      await Promise.all(group.map((arrival) => here.door.apply(arrival)))
      await answerQuestions(repository)
    }
    const row = (await pipelinesIn(here.database)).find(
      ({ repositoryId, issueNumber }) => repositoryId === repository.id && issueNumber === ISSUE,
    )
    expect(rowOf({ ...row!.document, repositoryId: REPOSITORY.id }), `seed ${seed}`).toEqual(expected)
  }
  console.log(
    `${SEEDS[here.database.kind]} lives, ${deliveries} deliveries through the door on ${here.database.kind}: the state of memory`,
  )
}, 120_000)

function expectedInMemory(life: readonly Event[]): Pipeline {
  const line = inMemoryWorld()
  const questionsOf = (event: Event) => line.apply(event).filter(({ type }) => type === 'ask')
  const questions: AskedEffect[] = life.flatMap(questionsOf)
  for (const effect of questions) questions.push(...questionsOf(answerQuestion(effect, minutesAfterNine(0))))
  return line.pipelines.get(ISSUE)!
}

async function answerQuestions(repository: typeof REPOSITORY): Promise<void> {
  for (;;) {
    const due = await here.database.kysely
      .selectFrom('effects')
      .selectAll()
      .where('state', '=', 'due')
      .where('type', '=', 'ask')
      .execute()
    if (due.length === 0) return
    const token = crypto.randomUUID()
    await here.database.kysely
      .updateTable('effects')
      .set({ claimToken: token })
      .where('state', '=', 'due')
      .where('type', '=', 'ask')
      .execute()
    const answers = due.map(({ id, document, repositoryId }) => ({
      effect: { id, token },
      event: movedTo(repository, answerQuestion({ ...document, repositoryId }, minutesAfterNine(0))),
    }))
    await Promise.all(answers.map((answer) => here.door.apply(answer)))
  }
}

function movedTo(repository: typeof REPOSITORY, event: Event): Event {
  return 'repository' in event && event.repository.id === REPOSITORY.id ? { ...event, repository } : event
}

/** The key of the question carries the time at which the pipeline began, and nothing else depends on it. */
function rowOf(pipeline: Pipeline): unknown {
  return JSON.parse(JSON.stringify(pipeline).replaceAll(/"issue\/42\/[^"]+"/g, '"issue/42"'))
}
