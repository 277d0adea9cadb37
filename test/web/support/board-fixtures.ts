// A factory floor by hand: pipelines of every light, made by the real core from events, with long and hostile titles.

import { WATCHED_LINE } from '../../../src/line/line.ts'
import { begin } from '../../../src/pipeline/begin.ts'
import { NOTHING_AROUND } from '../../../src/pipeline/holds/holds.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { Entry } from '../../../src/pipeline/model/history-entry.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { needsYouAt } from '../../../src/pipeline/view/health.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import type { Shown } from '../../../src/render/board-row.ts'
import { type Notice, notice } from '../../../src/render/configuration-notice.ts'
import type { Board } from '../../../src/web/reader.ts'
import { jobIs, labelled, pullRequestIs, runIs } from '../../support/pipeline-fixtures.ts'

/** The moment at which somebody looks at the floor. */
export const NOW: Instant = '2026-11-21T14:02:31.000Z'

export const HOSTILE =
  '"><img src=x onerror=alert(1)> <script>alert(2)</script> @everyone #1 \u202egnp.exe\u202c <hx-partial hx-target="#counts">'
const LONG =
  'When an upload is interrupted by a flaky connection the client retries for ever, which drains the battery, fills the log and finally blocks every other transfer until somebody restarts the app by hand'

export type Made = { readonly shown: Shown; readonly history: readonly Entry[] }

/** A moment so many minutes before NOW. */
export function ago(minutes: number): Instant {
  return new Date(Date.parse(NOW) - minutes * 60_000).toISOString()
}

/** A pipeline that has lived through these events, the first of which takes it up. */
export function made(o: { id: number; repository?: string; issue?: number; events: readonly Event[] }): Made {
  const { id, repository = 'acme/widgets', issue = 42, events } = o
  const [first, ...rest] = events
  let reduction = first && begin(first, issue, WATCHED_LINE)
  if (!reduction) throw new Error('the first event takes nothing up')
  const history = [...reduction.entries]
  for (const event of rest) {
    reduction = reduce(reduction.pipeline, event)
    history.push(...reduction.entries)
  }
  const { pipeline } = reduction
  const shown = {
    id,
    repository,
    revision: history.length,
    held: false,
    around: NOTHING_AROUND,
    needsYouAt: needsYouAt(pipeline),
    pipeline,
  }
  return { shown, history: history.reverse() }
}

type Taken = { readonly issue: number; readonly title: string; readonly at: number }

/** The issue is labelled; nothing else has happened. */
export function takenUp({ issue, title, at }: Taken): Event {
  return labelled({ number: issue, title, url: `https://github.com/acme/widgets/issues/${issue}`, at: ago(at) })
}

export function ran(
  issue: number,
  workflow: string,
  o: { id: number; from: number; to?: number; conclusion?: 'success' | 'failure' | 'cancelled' | 'skipped' | null },
): Event {
  return runIs({
    id: o.id,
    workflow,
    branch: `claude/issue-${issue}-x`,
    conclusion: o.conclusion ?? null,
    startedAt: ago(o.from),
    at: ago(o.to ?? o.from),
  })
}

function working(runId: number, workflow: string, at: number, step: string, done: number, known: number): Event {
  return jobIs({
    id: runId * 10,
    runId,
    name: workflow.replace('.yml', ''),
    step,
    stepsDone: done,
    stepsKnown: known,
    at: ago(at),
  })
}

function pull(issue: number, number: number, at: number): Event {
  return pullRequestIs({
    number,
    branch: `claude/issue-${issue}-x`,
    url: `https://github.com/acme/widgets/pull/${number}`,
    closes: [issue],
    at: ago(at),
  })
}

/** Fourteen issues over three repositories: a busy afternoon. */
export function floor(): readonly Made[] {
  const over = (issue: number, workflow: string, id: number, from: number, to: number) =>
    ran(issue, workflow, { id, from, to, conclusion: 'success' })
  return [
    made({
      id: 1,
      issue: 42,
      events: [
        takenUp({ issue: 42, title: 'Retry on flaky upload', at: 190 }),
        over(42, 'plan.yml', 100, 180, 170),
        ran(42, 'code.yml', { id: 101, from: 160, to: 150, conclusion: 'failure' }),
        ran(42, 'code.yml', { id: 102, from: 145, to: 130, conclusion: 'failure' }),
      ],
    }),
    made({
      id: 2,
      issue: 57,
      events: [
        takenUp({ issue: 57, title: 'Cache the token', at: 120 }),
        over(57, 'plan.yml', 110, 110, 100),
        over(57, 'code.yml', 111, 100, 70),
        over(57, 'test.yml', 112, 68, 50),
        pull(57, 61, 41),
      ],
    }),
    made({
      id: 3,
      repository: 'acme/api',
      issue: 12,
      events: [
        takenUp({ issue: 12, title: 'Page the audit log', at: 40 }),
        over(12, 'plan.yml', 120, 38, 30),
        ran(12, 'code.yml', { id: 121, from: 12 }),
        working(121, 'code.yml', 2, 'npm test', 4, 6),
      ],
    }),
    made({
      id: 4,
      repository: 'acme/api',
      issue: 14,
      events: [takenUp({ issue: 14, title: 'Drop the old column', at: 3 })],
    }),
    made({
      id: 5,
      repository: 'acme/api',
      issue: 15,
      events: [
        takenUp({ issue: 15, title: HOSTILE, at: 90 }),
        over(15, 'plan.yml', 130, 85, 80),
        ran(15, 'code.yml', { id: 131, from: 79 }),
        working(131, 'code.yml', 71, 'Compile', 2, 9),
      ],
    }),
    made({
      id: 6,
      repository: 'northwind-traders-international/warehouse-management-system',
      issue: 10342,
      events: [
        takenUp({ issue: 10342, title: LONG, at: 60 }),
        over(10342, 'plan.yml', 140, 55, 50),
        over(10342, 'code.yml', 141, 49, 20),
        ran(10342, 'test.yml', { id: 142, from: 18 }),
        working(142, 'test.yml', 1, 'integration tests against the staging warehouse database', 11, 14),
      ],
    }),
    made({
      id: 7,
      issue: 58,
      events: [
        takenUp({ issue: 58, title: 'Упаковка: заменить ящики на контейнеры', at: 75 }),
        over(58, 'plan.yml', 150, 70, 66),
        ran(58, 'code.yml', { id: 151, from: 64 }),
      ],
    }),
    made({
      id: 8,
      issue: 59,
      events: [
        takenUp({ issue: 59, title: '配送先の住所を検証する', at: 16 }),
        ran(59, 'plan.yml', { id: 160, from: 14 }),
        working(160, 'plan.yml', 0, 'Read the issue', 1, 3),
      ],
    }),
    made({
      id: 9,
      issue: 60,
      events: [
        takenUp({ issue: 60, title: 'Sort the catalogue by stock', at: 300 }),
        over(60, 'plan.yml', 170, 290, 280),
        over(60, 'code.yml', 171, 270, 240),
        over(60, 'test.yml', 172, 230, 200),
        pull(60, 71, 190),
      ],
    }),
    made({
      id: 10,
      repository: 'acme/api',
      issue: 16,
      events: [
        takenUp({ issue: 16, title: 'Give every error a code', at: 22 }),
        over(16, 'plan.yml', 180, 20, 17),
        ran(16, 'code.yml', { id: 181, from: 9 }),
        working(181, 'code.yml', 0, 'Edit', 3, 5),
      ],
    }),
    made({
      id: 11,
      repository: 'acme/api',
      issue: 17,
      events: [
        takenUp({ issue: 17, title: 'Tell the caller when the quota ends', at: 2000 }),
        over(17, 'plan.yml', 190, 1990, 1980),
        ran(17, 'code.yml', { id: 191, from: 1970, to: 1900, conclusion: 'failure' }),
      ],
    }),
    made({
      id: 12,
      repository: 'acme/api',
      issue: 18,
      events: [
        takenUp({ issue: 18, title: 'Rename “flush” to “drain”', at: 8 }),
        runIs({
          id: 200,
          workflow: 'plan.yml',
          branch: 'claude/issue-18-x',
          status: 'queued',
          startedAt: ago(7),
          at: ago(7),
        }),
      ],
    }),
  ]
}

/** A file whose author slipped twice, the second time with markup. */
export const SLIPPED: Notice = notice(
  {
    repository: 'acme/widgets',
    source: 'repository',
    headSha: 'c0ffee1234567890c0ffee1234567890c0ffee12',
    configured: true,
    goodSha: '1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b',
    mistakes: [
      {
        line: 3,
        column: 33,
        field: 'stages.plan.timout',
        message: '`stages.plan.timout` is not a field that is read; did you mean `timeout`?',
      },
      { line: 7, column: 1, field: 'limits', message: `It takes ${HOSTILE}.` },
    ],
  },
  'https://github.com',
)

/** The board that a reader of this floor gets, ordered and counted as the store does. */
export function boardOf(all: readonly Made[], now: Instant = NOW, mistaken: readonly Notice[] = []): Board {
  const live = all.map(({ shown }) => shown).filter(({ pipeline }) => !['done', 'idle'].includes(light(pipeline).light))
  const calls = (shown: Shown) => shown.held || (shown.needsYouAt !== null && shown.needsYouAt <= now)
  const count = (wanted: string) => live.filter(({ pipeline }) => light(pipeline).light === wanted).length
  const rank = (shown: Shown) =>
    `${calls(shown) ? 0 : 1}${['failed', 'review', 'running', 'queued'].indexOf(light(shown.pipeline).light)}${light(shown.pipeline).since}`
  return {
    counts: {
      running: count('running'),
      review: count('review'),
      queued: count('queued'),
      failed: count('failed'),
      held: live.filter(({ held }) => held).length,
      needsYou: live.filter(calls).length,
    },
    rows: [...live].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)),
    next: null,
    asOf: now,
    doneToday: 12,
    lastDeliveryAt: ago(0.05),
    failedDeliveries: 0,
    holds: [],
    mistaken,
  }
}
