// Boards for tests: pipelines of every light, made by the real core from events, with long and hostile titles.

import { startPipeline } from '../../../src/advance/advance-pipeline.ts'
import { OBSERVE_ONLY_LINE } from '../../../src/line/line.ts'
import { NO_OUTER_HOLDS } from '../../../src/pipeline/holds/holds.ts'
import type { HistoryEntry } from '../../../src/pipeline/model/command-result.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import type { BoardPipeline } from '../../../src/render/board-row.ts'
import { type ConfigurationNotice, configurationNoticeOf } from '../../../src/render/configuration-notice.ts'
import { issueLabeled, jobChanged, pullRequestChanged, runChanged } from '../../support/pipeline-fixtures.ts'

/** The time at which the board is read. */
export const NOW: Instant = '2026-11-21T14:02:31.000Z'

export const HOSTILE =
  '"><img src=x onerror=alert(1)> <script>alert(2)</script> @everyone #1 \u202egnp.exe\u202c <hx-partial hx-target="#counts">'
const LONG =
  'When an upload is interrupted by a flaky connection the client retries for ever, which drains the battery, fills the log and finally blocks every other transfer until somebody restarts the app by hand'

export type BoardFixture = { readonly shown: BoardPipeline; readonly history: readonly HistoryEntry[] }

/** The time that many minutes before NOW. */
export function minutesAgo(minutes: number): Instant {
  return new Date(Date.parse(NOW) - minutes * 60_000).toISOString()
}

/** A pipeline after these events, the first of which begins it. */
export function boardFixture(o: {
  id: number
  repository?: string
  issue?: number
  events: readonly Event[]
}): BoardFixture {
  const { id, repository = 'acme/widgets', issue = 42, events } = o
  const [first, ...rest] = events
  let reduction = first && startPipeline(first, issue, OBSERVE_ONLY_LINE)
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
    outerHolds: NO_OUTER_HOLDS,
    needsYouAt: needsYouAt(pipeline),
    pipeline,
  }
  return { shown, history: history.reverse() }
}

type LabeledIssue = { readonly issue: number; readonly title: string; readonly at: number }

/** The issue is labelled; nothing else has happened. */
export function issueTakenUp({ issue, title, at }: LabeledIssue): Event {
  return issueLabeled({
    number: issue,
    title,
    url: `https://github.com/acme/widgets/issues/${issue}`,
    at: minutesAgo(at),
  })
}

export function workflowRan(
  issue: number,
  workflow: string,
  o: { id: number; from: number; to?: number; conclusion?: 'success' | 'failure' | 'cancelled' | 'skipped' | null },
): Event {
  return runChanged({
    id: o.id,
    workflow,
    branch: `claude/issue-${issue}-x`,
    conclusion: o.conclusion ?? null,
    startedAt: minutesAgo(o.from),
    at: minutesAgo(o.to ?? o.from),
  })
}

function jobProgressed(runId: number, workflow: string, at: number, step: string, done: number, known: number): Event {
  const progress = { step, stepsCompleted: done, stepsTotal: known }
  return jobChanged({ id: runId * 10, runId, name: workflow.replace('.yml', ''), ...progress, at: minutesAgo(at) })
}

export function pullRequestOpened(issue: number, number: number, at: number): Event {
  return pullRequestChanged({
    number,
    branch: `claude/issue-${issue}-x`,
    url: `https://github.com/acme/widgets/pull/${number}`,
    closingIssues: [issue],
    at: minutesAgo(at),
  })
}

/** Fourteen issues over three repositories: a busy afternoon. */
export function busyBoard(): readonly BoardFixture[] {
  const over = (issue: number, workflow: string, id: number, from: number, to: number) =>
    workflowRan(issue, workflow, { id, from, to, conclusion: 'success' })
  return [
    boardFixture({
      id: 1,
      issue: 42,
      events: [
        issueTakenUp({ issue: 42, title: 'Retry on flaky upload', at: 190 }),
        over(42, 'plan.yml', 100, 180, 170),
        workflowRan(42, 'code.yml', { id: 101, from: 160, to: 150, conclusion: 'failure' }),
        workflowRan(42, 'code.yml', { id: 102, from: 145, to: 130, conclusion: 'failure' }),
      ],
    }),
    boardFixture({
      id: 2,
      issue: 57,
      events: [
        issueTakenUp({ issue: 57, title: 'Cache the token', at: 120 }),
        over(57, 'plan.yml', 110, 110, 100),
        over(57, 'code.yml', 111, 100, 70),
        over(57, 'test.yml', 112, 68, 50),
        pullRequestOpened(57, 61, 41),
      ],
    }),
    boardFixture({
      id: 3,
      repository: 'acme/api',
      issue: 12,
      events: [
        issueTakenUp({ issue: 12, title: 'Page the audit log', at: 40 }),
        over(12, 'plan.yml', 120, 38, 30),
        workflowRan(12, 'code.yml', { id: 121, from: 12 }),
        jobProgressed(121, 'code.yml', 2, 'npm test', 4, 6),
      ],
    }),
    boardFixture({
      id: 4,
      repository: 'acme/api',
      issue: 14,
      events: [issueTakenUp({ issue: 14, title: 'Drop the old column', at: 3 })],
    }),
    boardFixture({
      id: 5,
      repository: 'acme/api',
      issue: 15,
      events: [
        issueTakenUp({ issue: 15, title: HOSTILE, at: 90 }),
        over(15, 'plan.yml', 130, 85, 80),
        workflowRan(15, 'code.yml', { id: 131, from: 79 }),
        jobProgressed(131, 'code.yml', 71, 'Compile', 2, 9),
      ],
    }),
    boardFixture({
      id: 6,
      repository: 'northwind-traders-international/warehouse-management-system',
      issue: 10342,
      events: [
        issueTakenUp({ issue: 10342, title: LONG, at: 60 }),
        over(10342, 'plan.yml', 140, 55, 50),
        over(10342, 'code.yml', 141, 49, 20),
        workflowRan(10342, 'test.yml', { id: 142, from: 18 }),
        jobProgressed(142, 'test.yml', 1, 'integration tests against the staging warehouse database', 11, 14),
      ],
    }),
    boardFixture({
      id: 7,
      issue: 58,
      events: [
        issueTakenUp({ issue: 58, title: 'Упаковка: заменить ящики на контейнеры', at: 75 }),
        over(58, 'plan.yml', 150, 70, 66),
        workflowRan(58, 'code.yml', { id: 151, from: 64 }),
      ],
    }),
    boardFixture({
      id: 8,
      issue: 59,
      events: [
        issueTakenUp({ issue: 59, title: '配送先の住所を検証する', at: 16 }),
        workflowRan(59, 'plan.yml', { id: 160, from: 14 }),
        jobProgressed(160, 'plan.yml', 0, 'Read the issue', 1, 3),
      ],
    }),
    boardFixture({
      id: 9,
      issue: 60,
      events: [
        issueTakenUp({ issue: 60, title: 'Sort the catalogue by stock', at: 300 }),
        over(60, 'plan.yml', 170, 290, 280),
        over(60, 'code.yml', 171, 270, 240),
        over(60, 'test.yml', 172, 230, 200),
        pullRequestOpened(60, 71, 190),
      ],
    }),
    boardFixture({
      id: 10,
      repository: 'acme/api',
      issue: 16,
      events: [
        issueTakenUp({ issue: 16, title: 'Give every error a code', at: 22 }),
        over(16, 'plan.yml', 180, 20, 17),
        workflowRan(16, 'code.yml', { id: 181, from: 9 }),
        jobProgressed(181, 'code.yml', 0, 'Edit', 3, 5),
      ],
    }),
    boardFixture({
      id: 11,
      repository: 'acme/api',
      issue: 17,
      events: [
        issueTakenUp({ issue: 17, title: 'Tell the caller when the quota ends', at: 2000 }),
        over(17, 'plan.yml', 190, 1990, 1980),
        workflowRan(17, 'code.yml', { id: 191, from: 1970, to: 1900, conclusion: 'failure' }),
      ],
    }),
    boardFixture({
      id: 12,
      repository: 'acme/api',
      issue: 18,
      events: [
        issueTakenUp({ issue: 18, title: 'Rename “flush” to “drain”', at: 8 }),
        runChanged({
          id: 200,
          workflow: 'plan.yml',
          branch: 'claude/issue-18-x',
          status: 'queued',
          startedAt: minutesAgo(7),
          at: minutesAgo(7),
        }),
      ],
    }),
  ]
}

/** A file with two mistakes, the second with markup. */
export const MISTAKE_NOTICE: ConfigurationNotice = configurationNoticeOf(
  {
    repository: 'acme/widgets',
    source: 'repository',
    headSha: 'c0ffee1234567890c0ffee1234567890c0ffee12',
    isConfigured: true,
    validSha: '1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b',
    problems: [
      {
        fileLine: 3,
        column: 33,
        field: 'stages.plan.timout',
        message: '`stages.plan.timout` is not a known field; did you mean `timeout`?',
      },
      { fileLine: 7, column: 1, field: 'limits', message: `It takes ${HOSTILE}.` },
    ],
  },
  'https://github.com',
)
