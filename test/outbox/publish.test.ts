import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Reason } from '../../src/pipeline/model/reason.ts'
import { pipelineOf, pullRequestOf, runOf } from '../support/pipeline-documents.ts'
import { atStep, RUNS, SUCCEEDED } from '../support/reasons.ts'
import { type OutboxWorld, openOutboxWorld } from './support/outbox-world.ts'

const SINCE = '2026-11-21T14:02:31.000Z'
const BASE = 'ba5e000000000000000000000000000000000000'
const running = { status: 'running', since: SINCE, reason: RUNS } as const

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('a stage that starts gets one check run and one comment, a second apart', async () => {
  const id = await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  const [check] = world.checkRuns()
  const [comment] = world.comments(42)
  expect([world.checkRuns().length, world.comments(42).length]).toEqual([1, 1])
  expect(check).toMatchObject({
    name: 'andon / #42 plan',
    head_sha: BASE,
    external_id: `${id}/plan/${BASE}`,
    status: 'completed',
    conclusion: 'neutral',
    details_url: 'https://andon.example/acme/widgets/issues/42',
    output: { title: 'running: attempt 1 runs' },
  })
  expect(comment?.body).toContain(`<!-- andon:v1 ${id}/plan -->\n**plan ● running**`)
  expect(gapsMs()).toEqual([1_050])
})

test('ten quick events cost one edit of each surface, with the last of them', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  world.github.writes.clear()
  for (let step = 1; step <= 10; step += 1) {
    await world.savePipeline(pipelineOf({ plan: { ...running, reason: atStep('tests', step, 10) } }))
  }
  await world.drain()
  expect(world.github.writes.all.map(({ method }) => method)).toEqual(['PATCH', 'PATCH'])
  expect(world.comments(42)[0]?.body).toContain('attempt 1, job build, step "tests" (10 of 10)')
})

test('a revision that changes no text costs no call', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  world.github.writes.clear()
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  expect(world.github.writes.requests).toEqual([])
  expect(await unpublished()).toBe(0)
})

test.each(['off', 'one'] as const)(
  'comments that the file wants no longer (%s) say so, and are kept again when it does',
  async (comments) => {
    const started = pipelineOf({ plan: running, code: running })
    await world.savePipeline(started)
    await world.drain()
    await world.savePipeline({ ...started, line: { ...started.line, comments } })
    await world.drain()
    const bodies = () => world.comments(42).map(({ body }) => body)
    const left = bodies().filter((body) => /\/(plan|code) -->/.test(body))
    expect(left).toHaveLength(2)
    for (const body of left) {
      expect(body).toContain('no longer kept up to date')
      expect(body).not.toContain('running')
    }
    expect(bodies().length - left.length).toBe(comments === 'one' ? 1 : 0)
    await world.savePipeline(started)
    await world.drain()
    expect(bodies().filter((body) => /\/(plan|code) -->/.test(body) && body.includes('running'))).toHaveLength(2)
  },
)

test('only the latest revision is written, even if it arrives while others wait for a slot', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.outbox.step()
  await world.savePipeline(pipelineOf({ plan: { ...running, status: 'done', reason: SUCCEEDED } }))
  await world.drain()
  expect(world.comments(42)[0]?.body).toContain('plan ✓')
  expect(world.github.writes.all.map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`)).toEqual(
    ['POST widgets/check-runs', 'POST 42/comments', 'PATCH check-runs/1'],
  )
})

test('a deleted comment comes back at the next change, once', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  await world.github.deleteComment('acme/widgets', Number(world.comments(42)[0]?.id))
  await world.savePipeline(pipelineOf({ plan: { ...running, status: 'done' } }))
  await world.drain()
  expect(world.comments(42).map(({ body }) => body.includes('plan ✓'))).toEqual([true])
})

test('an edit answered 404 although the comment exists creates no second one', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  let wronglyAnswered = 0
  world.fault = ({ method }) => {
    return method === 'PATCH' && wronglyAnswered++ < 2 ? { kind: 'refuse', status: 404, message: 'Not Found' } : null
  }
  await world.savePipeline(pipelineOf({ plan: { ...running, status: 'done' } }))
  await world.drain()
  expect([world.comments(42).length, world.checkRuns().length]).toEqual([1, 1])
  expect(world.comments(42)[0]?.body).toContain('plan ✓')
})

test('a refused creation is sent again for two days more and more seldom, or when its content changes, and keeps its reason', async () => {
  world.fault = ({ path }) => {
    return path.endsWith('/comments') ? { kind: 'refuse', status: 422, message: 'Unable to create comment' } : null
  }
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.drain()
  expect(postsTo('/comments')).toBe(8)
  const refused = await world.database.kysely
    .selectFrom('publications')
    .select('error')
    .where('error', 'is not', null)
    .execute()
  expect(refused).toEqual([{ error: 'Unable to create comment' }])
  world.fault = () => null
  await world.savePipeline(pipelineOf({ plan: { ...running, status: 'done' } }))
  await world.drain()
  expect(world.comments(42).filter(({ body }) => body.includes('/plan -->'))).toHaveLength(1)
})

test('a rate limit makes the whole installation wait, and costs nothing else', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  const first = world.clock.now()
  world.fault = ({ at }) => {
    return at === Date.parse(first)
      ? { kind: 'refuse', status: 403, headers: { 'retry-after': '600' }, message: 'secondary rate limit' }
      : null
  }
  const other = world.openAnotherOutbox()
  await world.drain([world.outbox, other])
  const [limited, next] = world.github.writes.all
  expect(limited?.at).toBe(Date.parse(first))
  expect((next?.at ?? 0) - Date.parse(first)).toBeGreaterThanOrEqual(600_000)
  expect([world.comments(42).length, world.checkRuns().length]).toEqual([1, 1])
})

test('the head of a new pull request shows every stage, and the default branch says where they moved', async () => {
  const plan = {
    status: 'done',
    since: SINCE,
    reason: SUCCEEDED,
    attempts: [{ number: 1, key: null, run: runOf(900) }],
  } as const
  await world.savePipeline(pipelineOf({ plan, code: running }))
  await world.drain()
  await world.savePipeline(pipelineOf({ plan, code: running }, { pullRequests: [pullRequestOf(57)] }))
  await world.drain()
  const shown = world.checkRuns().map(({ name, head_sha, status, conclusion, output }) => {
    return [name, String(head_sha).slice(0, 4), status, conclusion ?? null, (output as { title: string }).title]
  })
  expect(shown).toMatchInlineSnapshot(`
    [
      [
        "andon / #42 plan",
        "ba5e",
        "completed",
        "neutral",
        "continues on c0de000",
      ],
      [
        "andon / #42 code",
        "ba5e",
        "completed",
        "neutral",
        "continues on c0de000",
      ],
      [
        "andon / plan",
        "c0de",
        "completed",
        "success",
        "done: attempt 1 succeeded",
      ],
      [
        "andon / code",
        "c0de",
        "in_progress",
        null,
        "running: attempt 1 runs",
      ],
    ]
  `)
  world.github.writes.clear()
  await world.savePipeline(pipelineOf({ plan, code: running }, { pullRequests: [pullRequestOf(57)] }))
  await world.drain()
  expect(world.github.writes.all).toEqual([])
})

test('two issues on one pull request do not overwrite each other', async () => {
  const kysely = world.database.kysely
  const pullRequest = pullRequestOf(57, { closingIssues: [42, 43] })
  await kysely
    .insertInto('pullRequests')
    .values({
      repositoryId: 1,
      number: 57,
      branch: pullRequest.branch,
      issueNumbers: [42, 43],
      document: JSON.stringify(pullRequest),
      updatedAt: SINCE,
    })
    .execute()
  const one = pipelineOf({ code: running }, { pullRequests: [pullRequest] })
  await world.savePipeline(one)
  await world.savePipeline({ ...one, issue: { ...one.issue, number: 43 } })
  await world.drain()
  expect(world.checkRuns().map(({ name }) => name)).toEqual(['andon / #42 code', 'andon / #43 code'])
})

test('nothing is written to a deleted issue, a removed repository or a suspended installation', async () => {
  const { kysely } = world.database
  await world.savePipeline(pipelineOf({ plan: running }, { removed: { why: 'deleted', at: SINCE } }))
  await world.drain()
  await kysely.updateTable('repositories').set({ removedAt: SINCE }).execute()
  await world.savePipeline(pipelineOf({ plan: running }))
  expect(await world.outbox.step()).toBe(0)
  await kysely.updateTable('repositories').set({ removedAt: null }).execute()
  await kysely.updateTable('installations').set({ state: 'suspended' }).execute()
  expect(await world.outbox.step()).toBe(0)
  expect(world.github.writes.requests).toEqual([])
  await kysely.updateTable('installations').set({ state: 'active' }).execute()
  await world.drain()
  expect(world.comments(42)).toHaveLength(1)
})

test('a quiet pipeline does not starve among busy ones', async () => {
  const issues = [1, 2, 3, 4, 5, 6, 7]
  const put = (number: number, reason: Reason) => {
    const pipeline = pipelineOf({ plan: { ...running, reason } })
    return world.savePipeline({ ...pipeline, issue: { ...pipeline.issue, number } })
  }
  for (const number of issues) await put(number, RUNS)
  await world.drain()
  await put(7, atStep('lint', 2, 3))
  const isShown = () => String(world.comments(7)[0]?.body).includes('step "lint"')
  let slots = 0
  for (; slots < 60 && !isShown(); slots += 1) {
    for (const number of issues.slice(0, 6)) await put(number, atStep(`slot ${slots}`, 1, 3))
    await world.outbox.step()
    world.clock.advance(1.05)
  }
  // Two rounds, because each pipeline has two surfaces and writes one a round; one slot may just be taken.
  expect(slots).toBeLessThanOrEqual(2 * issues.length + 1)
  expect(isShown()).toBe(true)
})

test('a pipeline that cannot be published does not stop the others', async () => {
  const broken = pipelineOf({ plan: running })
  await world.savePipeline({ ...broken, stages: null as never })
  await world.savePipeline({ ...broken, issue: { ...broken.issue, number: 43 } })
  while ((await world.outbox.step()) > 0) world.clock.advance(2)
  expect([world.comments(42).length, world.comments(43).length]).toEqual([0, 1])
})

function gapsMs(): readonly number[] {
  const times = world.github.writes.all.map(({ at }) => at)
  return times.slice(1).map((time, index) => time - (times[index] ?? 0))
}

function postsTo(end: string): number {
  return world.github.writes.all.filter(({ method, path }) => method === 'POST' && path.endsWith(end)).length
}

async function unpublished(): Promise<number> {
  const rows = await world.database.kysely
    .selectFrom('pipelines')
    .select('id')
    .whereRef('publishedRevision', '<', 'revision')
    .execute()
  return rows.length
}
