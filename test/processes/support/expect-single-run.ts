// One attempt, one run: what must be true at the end, whatever happened to the workers.
import { expect } from 'vitest'
import type { WorkerFleet } from './worker-fleet.ts'

/** A line of one stage, so that only dispatching matters. */
export const ONE_STAGE_ANDON_YML = `start: { label: andon }
stages:
  plan: { workflow: plan.yml }
limits: { running: 100, starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
`

/** Lets all work finish, then compares every attempt with the runs that GitHub started. */
export async function expectSingleRuns(works: WorkerFleet, o: { atMostSeconds: number }) {
  await works.finishAlone(async () => (await unfinishedWork(works)).length === 0, o.atMostSeconds)
  const { github, database } = works
  const titles = github.runs.map(({ state }) => state.title)
  const pipelines = await database.kysely.selectFrom('pipelines').select('document').execute()
  const attempts = pipelines.flatMap(({ document }) => document.stages.flatMap((stage) => stage.attempts))
  const dispatches = await database.kysely
    .selectFrom('effects')
    .select(['key', 'state'])
    .where('type', '=', 'dispatch')
    .execute()
  const refused = dispatches.flatMap(({ key, state }) => (state === 'refused' ? [key.slice('dispatch/'.length)] : []))
  const startedKeys = new Set(titles.map((title) => title.replace('andon ', '')))
  const withoutRun = attempts.filter(({ key }) => !startedKeys.has(key ?? '') && !refused.includes(key ?? ''))
  const posts = github.writes.ofKind('dispatch')
  const counts = {
    attempts: attempts.length,
    POSTs: posts.length,
    'answers lost': posts.filter(({ fault, done }) => fault !== null && done).length,
    runs: titles.length,
    doubled: titles.length - startedKeys.size,
    refused: refused.length,
    lost: withoutRun.length,
    stuck: (await unfinishedWork(works)).length,
  }
  expect(counts).toMatchObject({ doubled: 0, lost: 0, stuck: 0 })
  expect(dispatches).toHaveLength(attempts.length)
  return counts
}

/** Unfinished work: labelled issues whose stage is neither done nor failed, and dispatches in progress. */
export async function unfinishedWork({ github, database }: WorkerFleet): Promise<readonly string[]> {
  const over = ['done', 'refused']
  const dispatches = await database.kysely
    .selectFrom('effects')
    .select(['key', 'state'])
    .where('type', '=', 'dispatch')
    .execute()
  const pipelines = await database.kysely.selectFrom('pipelines').select(['issueNumber', 'document']).execute()
  const live = pipelines.filter(({ document }) => !['done', 'failed'].includes(document.stages[0]?.status ?? 'idle'))
  return [
    ...dispatches.filter(({ state }) => !over.includes(state)).map(({ key, state }) => `${key} ${state}`),
    ...live.map(({ issueNumber, document }) => `#${issueNumber} ${document.stages[0]?.status}`),
    ...(github.runs.length === 0 ? ['nothing was begun'] : []),
  ]
}
