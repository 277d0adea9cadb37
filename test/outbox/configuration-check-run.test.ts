// The mistakes in a repository's file are a publication like any other: one check for each commit that made them.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { pipelineOf } from '../support/pipeline-documents.ts'
import { RUNS } from '../support/reasons.ts'
import { type OutboxWorld, openOutboxWorld, START } from './support/outbox-world.ts'

const SINCE = '2026-11-21T14:02:31.000Z'
const running = { status: 'running', since: SINCE, reason: RUNS } as const
const SHA = 'c0ffee0000000000000000000000000000000000'
const NEXT = 'c1ffee0000000000000000000000000000000000'
const GOOD_SHA = '900d000000000000000000000000000000000000'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('a mistaken file gets one neutral check on the commit that brought it', async () => {
  await storeMistakes(['timout'])
  await world.drain()
  expect(world.checkRuns()).toMatchObject([
    {
      name: 'andon / configuration',
      head_sha: SHA,
      external_id: `configuration/1/${SHA}`,
      status: 'completed',
      conclusion: 'neutral',
      details_url: 'https://andon.example/acme/widgets',
      output: { title: 'line 1: stages.plan.timout' },
    },
  ])
  expect(summary()).toContain('[the last good version, of 900d000](')
  expect(world.comments()).toEqual([])
})

test('the same mistakes again cost no call; new ones edit the check, and on a new commit create one', async () => {
  await storeMistakes(['timout'])
  await world.drain()
  world.github.writes.clear()
  await storeMistakes(['timout'])
  await world.drain()
  expect(world.github.writes.requests).toEqual([])
  world.github.writes.clear()
  await storeMistakes(['timout', 'gaet'])
  await world.drain()
  expect(world.github.writes.all.map(({ method }) => method)).toEqual(['PATCH'])
  expect(summary()).toContain('has 2 mistakes')
  await storeMistakes(['gaet'], { sha: NEXT })
  await world.drain()
  expect(world.checkRuns().map(({ head_sha }) => head_sha)).toEqual([SHA, NEXT])
})

test('after the mistakes are fixed nothing is written, and the check stays on its commit', async () => {
  await storeMistakes(['timout'])
  await world.drain()
  world.github.writes.clear()
  await storeMistakes([], { sha: NEXT })
  await world.drain()
  expect(world.github.writes.requests).toEqual([])
  expect(world.checkRuns()).toHaveLength(1)
})

test('mistakes in the organisation’s file put no check on a repository’s commits', async () => {
  await storeMistakes(['timout'], { source: 'organisation' })
  await world.drain()
  expect(world.github.writes.requests).toEqual([])
})

test('nothing is written where the App was removed or is suspended', async () => {
  const { kysely } = world.database
  await storeMistakes(['timout'])
  await kysely.updateTable('repositories').set({ removedAt: SINCE }).execute()
  expect(await world.outbox.step()).toBe(0)
  await kysely.updateTable('repositories').set({ removedAt: null }).execute()
  await kysely.updateTable('installations').set({ state: 'suspended' }).execute()
  expect(await world.outbox.step()).toBe(0)
  expect(world.github.writes.requests).toEqual([])
})

test.each(['502-after', 'hang-after', '502-before'] as const)(
  'an unclear answer (%s) leaves one check',
  async (kind) => {
    let faults = 0
    world.fault = ({ method }) => (method === 'POST' && faults++ < 2 ? { kind } : null)
    await storeMistakes(['timout'])
    await world.drain([world.outbox, world.openAnotherOutbox()])
    expect(world.checkRuns()).toHaveLength(1)
    expect(await publications()).toEqual([
      { githubId: world.checkRuns()[0]?.id, state: 'confirmed', pipelineId: null, repositoryId: 1 },
    ])
  },
)

test('a process that dies while it creates the check leaves one to be found', async () => {
  const death = Promise.withResolvers<void>()
  let deaths = 0
  world.fault = ({ method }) => {
    if (method !== 'POST' || deaths++ > 0) return null
    death.resolve()
    return { kind: 'crash-after' }
  }
  await storeMistakes(['timout'])
  void world.openAnotherOutbox().step()
  await death.promise
  await world.drain()
  expect(world.checkRuns()).toHaveLength(1)
  expect(world.github.writes.all).toHaveLength(1)
})

test('the check shares the write budget with the pipelines, and starves none of them', async () => {
  await world.savePipeline(pipelineOf({ plan: running }))
  await storeMistakes(['timout'])
  await world.drain()
  const times = world.github.writes.all.map(({ at }) => at)
  expect(times.map((at) => (at - (times[0] ?? 0)) / 1_050)).toEqual([0, 1, 2])
  expect(world.checkRuns().map(({ name }) => name)).toEqual(['andon / configuration', 'andon / #42 plan'])
  expect(world.comments(42)).toHaveLength(1)
})

/** Stores a file with mistakes in these fields, as the door would. */
async function storeMistakes(
  fields: readonly string[],
  known: { sha?: string; source?: 'repository' | 'organisation' } = {},
): Promise<void> {
  const { sha = SHA, source = 'repository' } = known
  const mistakes = fields.map((field, index) => {
    const path = `stages.plan.${field}`
    return { fileLine: index + 1, column: 3, field: path, message: `\`${path}\` is not a field that is read.` }
  })
  world.github.addCommit('acme/widgets', sha)
  await world.database.kysely
    .updateTable('repositories')
    .set((eb) => ({
      configuration: JSON.stringify(pipelineOf({}).line),
      configurationSource: source,
      configurationProblems: JSON.stringify(mistakes),
      configurationHeadSha: sha,
      configurationValidSha: GOOD_SHA,
      configurationReadAt: START,
      revision: eb('revision', '+', 1),
    }))
    .execute()
}

function summary(): string {
  const [check] = world.checkRuns()
  return (check?.output as { summary: string } | undefined)?.summary ?? ''
}

async function publications() {
  return await world.database.kysely
    .selectFrom('publications')
    .select(['githubId', 'state', 'pipelineId', 'repositoryId'])
    .execute()
}
