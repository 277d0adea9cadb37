// The order in which surfaces are published.

import { expect, test } from 'vitest'
import { type DesiredSurface, diffSurfaces, type SurfaceState } from '../../src/outbox/diff-surfaces.ts'
import { desiredPipelineSurfaces } from '../../src/outbox/pipeline-surfaces.ts'
import type { Pipeline, Stage } from '../../src/pipeline/model/pipeline.ts'
import type { Publication } from '../../src/store/publications.ts'
import { FIRST, failedIn, SUCCEEDED } from '../support/reasons.ts'
import { busyBoard, minutesAgo, NOW } from '../web/support/board-fixtures.ts'

/** #12 of the factory floor: `plan` is done, and a run of `code` is in progress. */
function running(): Pipeline {
  const found = busyBoard().find(({ shown }) => shown.pipeline.issue.number === 12)
  if (!found) throw new Error('#12 is not on the floor')
  return found.shown.pipeline
}

function changed(pipeline: Pipeline, name: string, change: Partial<Stage>): Pipeline {
  return {
    ...pipeline,
    stages: pipeline.stages.map((stage) => (stage.name === name ? { ...stage, ...change } : stage)),
  }
}

function surfaceState(pipeline: Pipeline, publications: readonly Publication[]): SurfaceState {
  const context = {
    knownUntil: null,
    isOnlyIssue: true,
    holds: [],
    accessProblems: [],
    pageUrl: 'https://andon.example.com/acme/api/issues/12',
  }
  return {
    revision: 7,
    publications,
    desired: desiredPipelineSurfaces({ pipelineId: 12, pipeline, publications, ...context }, NOW),
  }
}

/** Everything that is due, as if each had been written, `plan` a minute before the rest. */
function markPublished(pipeline: Pipeline): readonly Publication[] {
  return diffSurfaces(surfaceState(pipeline, []), NOW).steps.map((one, index) => ({
    surface: one.surface,
    githubId: index + 1,
    digest: 'digest' in one ? one.digest : null,
    state: 'confirmed',
    sentAt: null,
    updatedAt: minutesAgo(one.surface.includes('plan') ? 2 : 1),
  }))
}

function surfacesDue(pipeline: Pipeline, publications: readonly Publication[]): readonly string[] {
  return diffSurfaces(surfaceState(pipeline, publications), NOW).steps.map(({ surface }) =>
    surface.split('/').slice(0, 2).join('/'),
  )
}

test('a fragment that was published once is not published again when only its details change', () => {
  const overviewOn = (sha: string): DesiredSurface => ({
    surface: 'check/plan/aaa',
    locator: { kind: 'check', sha: 'aaa', externalId: '1/plan/aaa' },
    content: { kind: 'comment', issueNumber: 1, body: `continues on ${sha}` },
    significantContent: { kind: 'comment', issueNumber: 1, body: 'continues' },
    isPublishedOnce: true,
    mayCreate: false,
  })
  const live = {
    githubId: 1,
    digest: 'it runs',
    state: 'confirmed',
    sentAt: null,
    updatedAt: NOW,
  } as const
  const shown: Publication = { surface: 'check/plan/aaa', ...live }
  const [first] = diffSurfaces({ revision: 2, desired: [overviewOn('bbb')], publications: [shown] }, NOW).steps
  if (first?.action !== 'update') throw new Error('it is not said')
  const publications = [{ ...shown, digest: first.digest }]
  expect(diffSurfaces({ revision: 3, desired: [overviewOn('ccc')], publications }, NOW).steps).toEqual([])
})

test('a surface that is already published is not written again', () => {
  const pipeline = running()
  expect(markPublished(pipeline).length).toBeGreaterThanOrEqual(3)
  expect(surfacesDue(pipeline, markPublished(pipeline))).toEqual([])
})

test('news of a stage is written before the overview on the other checks', () => {
  const pipeline = running()
  const failed = changed(pipeline, 'code', { status: 'failed', reason: failedIn(null) })
  const order = surfacesDue(failed, markPublished(pipeline))
  expect(order.findIndex((surface) => surface.endsWith('/plan'))).toBe(
    order.findLastIndex((surface) => surface.endsWith('/code')) + 1,
  )
})

test('progress of a run is written after news, but it is written', () => {
  const pipeline = running()
  const known = markPublished(pipeline)
  const further = changed(pipeline, 'code', { reason: { kind: 'reports', attempt: FIRST, progress: 80, text: null } })
  expect(surfacesDue(further, known).every((surface) => surface.endsWith('/code'))).toBe(true)
  expect(surfacesDue(further, known)).not.toEqual([])
  const approved = changed(further, 'plan', { reason: { kind: 'gate-approved', last: SUCCEEDED, by: 'grace' } })
  const order = surfacesDue(approved, known)
  expect(order.findIndex((surface) => surface.endsWith('/code'))).toBe(
    order.findLastIndex((surface) => surface.endsWith('/plan')) + 1,
  )
})

test('the cancellation of a run is news', () => {
  const pipeline = running()
  const known = markPublished(pipeline).map((one) => ({
    ...one,
    updatedAt: one.surface.includes('code') ? NOW : minutesAgo(9),
  }))
  const next = { isForced: false, at: '2026-11-21T14:30:00.000Z' }
  const ending = changed(pipeline, 'code', { reason: { kind: 'cancelling', attempt: FIRST, cause: 'silence', next } })
  const queued = changed(ending, 'test', {
    status: 'queued',
    since: NOW,
    reason: { kind: 'waits-for-slot', attempt: FIRST, previous: null },
  })
  const order = surfacesDue(queued, known)
  expect(order.findLastIndex((surface) => surface.endsWith('/code'))).toBeLessThan(
    order.findIndex((surface) => surface.endsWith('/plan')),
  )
})

test('what GitHub refuses is tried again after an hour, then after as long as it has gone on, for two days; other content at once', () => {
  const desired: DesiredSurface = {
    surface: 'comment/plan',
    locator: { kind: 'comment', issueNumber: 1, marker: 'plan' },
    content: { kind: 'comment', issueNumber: 1, body: 'running' },
    mayCreate: true,
  }
  const diff = (publications: readonly Publication[], hours: number, content = desired.content) =>
    diffSurfaces({ revision: 2, desired: [{ ...desired, content }], publications }, hoursLater(hours))
  const [first] = diff([], 0).steps
  if (first?.action !== 'create') throw new Error('nothing is created')
  const refused = (hours: number): Publication => ({
    surface: desired.surface,
    githubId: null,
    digest: first.digest,
    state: 'confirmed',
    sentAt: NOW,
    updatedAt: hoursLater(hours),
  })
  const nextAt = (hours: number) => diff([refused(hours)], hours).nextAt
  expect([0, 1, 2, 10, 48].map(nextAt)).toEqual([1, 2, 4, 20, 96].map(hoursLater))
  expect(diff([refused(49)], 10_000)).toEqual({ steps: [], nextAt: null })
  expect(diff([refused(1)], 2).steps).toMatchObject([{ action: 'create', deniedSince: NOW }])
  expect(diff([refused(49)], 49, { kind: 'comment', issueNumber: 1, body: 'done' }).steps).toMatchObject([
    { action: 'create', deniedSince: null },
  ])
})

test('a comment that asks again is opened at each try, and its edit goes on to be the one that was denied', () => {
  const desired: DesiredSurface = {
    surface: 'need/plan',
    locator: { kind: 'comment', issueNumber: 1, marker: 'need' },
    content: { kind: 'ask', issueNumber: 1, marker: 'need', body: 'help', people: [] },
    mayCreate: true,
  }
  const stored = { surface: desired.surface, githubId: 7, state: 'confirmed', sentAt: NOW } as const
  const diff = (digest: string | null) =>
    diffSurfaces(
      { revision: 2, desired: [desired], publications: [{ ...stored, digest, updatedAt: NOW }] },
      hoursLater(2),
    ).steps[0]
  const opening = diff(null)
  expect(opening).toMatchObject({ content: { kind: 'opened' }, deniedSince: NOW })
  expect(diff(opening && 'digest' in opening ? opening.digest : null)).toMatchObject({
    content: { kind: 'ask' },
    deniedSince: NOW,
  })
})

function hoursLater(hours: number): string {
  return minutesAgo(-60 * hours)
}
