// A creation is not idempotent on GitHub: the same request again is a second comment. Here GitHub creates it without
// answering, or our process dies during the request.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { stageInWords } from '../support/in-words.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { pipelineOf, pullRequestOf } from '../support/pipeline-documents.ts'
import { atStep, RUNS, SUCCEEDED } from '../support/reasons.ts'
import { type OutboxWorld, openOutboxWorld, stepWhileTimePasses } from './support/outbox-world.ts'

const SINCE = '2026-11-21T14:02:31.000Z'
const running = { status: 'running', since: SINCE, reason: RUNS } as const
const done = { status: 'done', since: SINCE, reason: SUCCEEDED } as const

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('while a fifth of the creations succeed but seem to fail, every issue gets one comment a stage and one check run a commit', async () => {
  const chance = seededRandom(randomSeed())
  const faults = { '502-after': 0, 'reset-after': 0, 'hang-after': 0, '502-before': 0 }
  world.fault = ({ method, path }) => {
    if (method !== 'POST' || path === '/graphql' || chance.next() >= 0.2) return null
    const kind = chance.pick(['502-after', 'reset-after', 'hang-after', '502-before'] as const)
    faults[kind] += 1
    return { kind }
  }
  const issues = Array.from({ length: repetitions(10, 100) }, (_, index) => index + 1)
  const lives = issues.map((number) => life(number, chance))
  const outboxes = [world.outbox, world.openAnotherOutbox()]
  for (let turn = 0; turn < 3; turn += 1) {
    for (const moves of lives) {
      const pipeline = moves[turn]
      if (pipeline !== undefined) await world.savePipeline(pipeline)
      if (chance.next() < 0.3) await Promise.all(outboxes.map((outbox) => outbox.step()))
    }
  }
  await world.drain(outboxes)

  const surfaces = lives
    .map((moves) => moves.at(-1)!)
    .flatMap((pipeline) => {
      return pipeline.stages.flatMap(({ name, status }) =>
        status === 'idle' ? [] : [`${pipeline.issue.number}/${name}`],
      )
    })
  const figures = {
    issues: issues.length,
    stages: surfaces.length,
    posts: world.github.writes.all.filter(({ method }) => method === 'POST').length,
    faults: Object.values(faults).reduce((sum, count) => sum + count, 0),
    comments: world.comments().length,
    checks: world.checkRuns().length,
    closestWritesMs: closestWritesMs(),
    simulatedMinutes: Math.round((Date.parse(world.clock.now()) - Date.parse('2026-11-21T14:05:00.000Z')) / 60_000),
  }
  expect(Math.min(...Object.values(faults))).toBeGreaterThan(0)
  expect(stagesInComments()).toEqual(surfaces.toSorted())
  const checks = world.checkRuns()
  expect(new Set(checks.map(({ external_id }) => external_id)).size).toBe(checks.length)
  const left = checks.filter(({ output }) => (output as { title: string }).title.startsWith('continues on'))
  expect(checks.length - left.length).toBe(surfaces.length)
  expect(figures.closestWritesMs).toBeGreaterThanOrEqual(1_000)
  await expectTruth(lives.map((moves) => moves.at(-1)!))
  recordMeasurements('ambiguous-answers', { ...figures, lost: 0, doubled: 0 })
}, 180_000)

test.each(['crash-before', 'crash-after'] as const)(
  'processes that die during a creation (%s) leave one of each',
  async (kind) => {
    let deaths = 0
    let death = Promise.withResolvers<void>()
    world.fault = ({ method }) => {
      if (method !== 'POST' || deaths === 4) return null
      deaths += 1
      death.resolve()
      return { kind }
    }
    await world.savePipeline(pipelineOf({ plan: running }))
    for (let process = 0; process < 5; process += 1) {
      death = Promise.withResolvers()
      await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 120, stride: 3, until: death.promise })
    }
    expect(deaths).toBe(kind === 'crash-before' ? 4 : 2)
    expect([world.comments(42).length, world.checkRuns().length]).toEqual([1, 1])
    expect(await unfinished()).toEqual([])
  },
)

test('nothing is sent again before GitHub was read twice, the second time a minute later', async () => {
  world.fault = ({ method, path }) =>
    method === 'POST' && path.endsWith('/check-runs') ? { kind: '502-before' } : null
  await world.savePipeline(pipelineOf({ plan: running }))
  await stepWhileTimePasses(world, world.outbox, { seconds: 70 })
  const checks = world.github.writes.requests.filter(({ path }) => path.endsWith('check-runs'))
  const seconds = checks.map(({ method, at }) => `${method} +${(at - (checks[0]?.at ?? 0)) / 1000}`)
  expect(seconds.slice(0, 4)).toMatchInlineSnapshot(`
    [
      "POST +0",
      "GET +5",
      "GET +60",
      "POST +60",
    ]
  `)
})

test('a late duplicate of a comment is deleted, and the oldest stays and is edited', async () => {
  const id = await world.savePipeline(pipelineOf({ plan: running }))
  let posts = 0
  world.fault = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/comments') || posts++ > 0) return null
    return { kind: 'repeated', times: 2 }
  }
  await world.drain()
  const [kept, ...duplicates] = world.comments(42)
  expect(duplicates).toEqual([])
  const known = await world.database.kysely
    .selectFrom('publications')
    .select(['githubId', 'state'])
    .where('pipelineId', '=', id)
    .where('surface', '=', 'comment/plan')
    .executeTakeFirstOrThrow()
  expect(known).toEqual({ githubId: kept?.id, state: 'confirmed' })
  expect(world.github.writes.all.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
})

test('a process frozen past its claim finds what the others did, and one comment remains', async () => {
  const thaw = Promise.withResolvers<void>()
  const freeze = Promise.withResolvers<void>()
  let posts = 0
  world.fault = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/comments') || posts++ > 0) return null
    freeze.resolve()
    return { kind: 'freeze', until: thaw.promise }
  }
  await world.savePipeline(pipelineOf({ plan: running }))
  const sleeper = await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 10, until: freeze.promise })
  await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 200, stride: 3 })
  expect(world.comments(42)).toHaveLength(1)
  thaw.resolve()
  await sleeper.step
  expect(world.comments(42)).toHaveLength(2)
  await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 120, stride: 3 })
  expect(world.comments(42)).toHaveLength(1)
  expect(await unfinished()).toEqual([])
})

test('a process frozen during an edit does not leave the older text', async () => {
  const thaw = Promise.withResolvers<void>()
  const freeze = Promise.withResolvers<void>()
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  let edits = 0
  world.fault = ({ method, path }) => {
    if (method !== 'PATCH' || !path.includes('/comments/') || edits++ > 0) return null
    freeze.resolve()
    return { kind: 'freeze', until: thaw.promise }
  }
  await world.savePipeline(pipelineOf({ plan: { ...running, reason: atStep('tests', 1, 3) } }))
  const sleeper = await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 10, until: freeze.promise })
  await world.savePipeline(pipelineOf({ plan: done }))
  await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 60 })
  thaw.resolve()
  await sleeper.step
  await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 10 })
  // The frozen edit, the others' edit meanwhile, and the one that repairs the frozen one.
  expect(world.github.writes.all.filter(({ path }) => path.includes('/issues/comments/'))).toHaveLength(3)
  expect(world.comments(42)[0]?.body).toContain('attempt 1 succeeded')
})

/** Three steps of an issue: planned, coded, on a pull request of its own. */
function life(number: number, chance: SeededRandom): readonly Pipeline[] {
  const issue = { ...pipelineOf({}).issue, number }
  const sha = number.toString(16).padStart(40, 'c')
  const onPullRequest = {
    issue,
    pullRequests: [pullRequestOf(1_000 + number, { headSha: sha, closingIssues: [number] })],
  }
  const moves = [
    pipelineOf({ plan: running }, { issue }),
    pipelineOf({ plan: done, code: running }, { issue }),
    ...(chance.next() < 0.1
      ? [pipelineOf({ plan: done, code: done, review: { ...running, status: 'review' } }, onPullRequest)]
      : []),
  ]
  return moves
}

function stagesInComments(): readonly string[] {
  return world
    .comments()
    .flatMap(({ issue_url, body }) => {
      const stage = /<!-- andon:v1 \d+\/(\w+) -->/.exec(body)?.[1]
      return stage === undefined ? [] : [`${String(issue_url).split('/').at(-1)}/${stage}`]
    })
    .sort()
}

/** Every comment has the current text of its pipeline. */
async function expectTruth(pipelines: readonly Pipeline[]): Promise<void> {
  for (const { issue, stages } of pipelines) {
    for (const comment of world.comments(issue.number)) {
      const stage = stages.find(({ name }) => comment.body.includes(`/${name} -->`))
      // The others ask for a person.
      if (stage !== undefined) expect(comment.body).toContain(stageInWords(stage).reason)
    }
  }
  expect(await unfinished()).toEqual([])
}

async function unfinished() {
  return await world.database.kysely.selectFrom('publications').selectAll().where('state', '=', 'sending').execute()
}

function closestWritesMs(): number {
  // With a token that has just expired nothing is written; it is renewed, and the same sent at once.
  const times = world.github.writes.all.filter(({ status }) => status !== 401).map(({ at }) => at)
  return Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))
}
