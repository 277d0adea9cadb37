// What is news, between any two states, and whether it still is when it is sent.
import { expect, test } from 'vitest'
import { needOf, upcomingNeed } from '../../../src/pipeline/view/need.ts'
import { newsAt, newsOf, newsStill } from '../../../src/pipeline/view/news.ts'
import {
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  runChanged,
} from '../../support/pipeline-fixtures.ts'

const ran = (workflow: string, at: number, conclusion: 'success' | 'failure' | null = null) =>
  runChanged({
    id: at,
    workflow,
    at: minutesAfterNine(at),
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion,
  })
const opened = (state: 'open' | 'merged') => pullRequestChanged({ state, at: minutesAfterNine(30) })
const taken = issueLabeled()
const waiting = pipelineAfter(taken)
const running = pipelineAfter(taken, ran('plan.yml', 5))
const failed = pipelineAfter(taken, ran('plan.yml', 5, 'failure'))
const again = pipelineAfter(taken, ran('plan.yml', 5, 'failure'), ran('plan.yml', 9))
const planned = pipelineAfter(taken, ran('plan.yml', 5, 'success'))
const coding = pipelineAfter(taken, ran('plan.yml', 5, 'success'), ran('code.yml', 9))
const reviewed = pipelineAfter(taken, ran('plan.yml', 5, 'success'), ran('code.yml', 9, 'success'), opened('open'))
const merged = pipelineAfter(taken, opened('open'), opened('merged'))

test.each([
  ['an issue is taken up', null, waiting, null],
  ['its first run starts', waiting, running, 'started'],
  ['it is first seen while it runs', null, running, 'started'],
  ['it fails', running, failed, 'failed'],
  ['it is tried again', failed, again, null],
  ['the next stage starts', planned, coding, null],
  ['it moves into review', coding, reviewed, 'review'],
  ['it is done', reviewed, merged, 'finished'],
  ['it is first seen when it is done', null, merged, null],
  ['nothing changes', failed, failed, null],
] as const)('when %s', (_, before, after, happened) => {
  expect(newsOf(before, after)?.happened ?? null).toBe(happened)
})

test('a need is news when it comes, or when its time has come, and once', () => {
  const stalling = pipelineAfter(taken, ran('plan.yml', 5), jobChanged({ runId: 5, at: minutesAfterNine(10) }))
  const need = upcomingNeed(stalling)
  expect(newsOf(waiting, stalling)).toEqual({ happened: 'started', needAt: need?.at })
  const at = need?.at ?? ''
  const earlier = minutesAfterNine(20)
  expect(newsAt(stalling, { happened: null, announcedNeed: null }, earlier)).toEqual({ message: null, nextAt: at })
  const message = { kind: 'needs-you', need: need?.id }
  expect(newsAt(stalling, { happened: null, announcedNeed: null }, at)).toEqual({ message, nextAt: null })
  expect(newsAt(stalling, { happened: null, announcedNeed: need?.id ?? '' }, at).message).toBeNull()
})

test('what is over is no news any more; a need that outlives what happened is', () => {
  const now = minutesAfterNine(40)
  expect(newsAt(again, { happened: 'failed', announcedNeed: null }, now).message?.kind).not.toBe('failed')
  const need = needOf(failed, now)?.id ?? ''
  expect(newsStill(failed, { kind: 'failed', need }, now)).toBe('failed')
  expect(newsStill(again, { kind: 'failed', need }, now)).toBeNull()
  expect(newsStill(failed, { kind: 'started', need }, now)).toBe('needs-you')
  expect(newsStill(failed, { kind: 'needs-you', need: 'another' }, now)).toBeNull()
})
