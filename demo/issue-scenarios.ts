// Scenarios of issues. Seconds are at normal pace; the session's pace divides them.

import type { IssueDriver } from './issue-driver.ts'
import type { DemoSession } from './session.ts'

export type IssueScenario = (work: IssueDriver, session: DemoSession) => Promise<void>

/** Everything succeeds. */
export const success: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 9 })
  await codeToMerge(work, session)
}

/** The tests fail, and pass at the next attempt. */
const flakyTests: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 8 })
  await work.code({ seconds: 14 })
  await work.test({ conclusion: 'failure', seconds: 9 })
  await work.test({ seconds: 18 })
  await approveAndMerge(work, session, 50)
}

/** A reviewer asks for changes; code and test run again, then the pull request waits once more. */
const changesRequested: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 16 })
  await work.test({ seconds: 12 })
  await session.pause(12)
  await work.requestChanges()
  await work.code({ seconds: 18 })
  await work.test({ seconds: 12 })
  await approveAndMerge(work, session, 45)
}

/** The tests keep failing until no attempt is left: a person is needed, and acts. */
const failingTests: IssueScenario = async (work, session) => {
  await work.plan()
  await work.code()
  await work.test({ conclusion: 'failure' })
  await work.test({ conclusion: 'failure' })
  await session.pause(60)
  await work.comment('/andon retry test')
  await work.test({ seconds: 14 })
  await approveAndMerge(work, session, 45)
}

/** An agent falls silent in the middle of its work: GitHub is asked, the run is cancelled, and another attempt starts. */
const stalledRun: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 16, conclusion: null })
  await codeToMerge(work, session)
}

/** A run falls silent and ignores its cancellation, until it is cancelled by force. */
const ignoresCancel: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 14, conclusion: null, ignoresCancel: true })
  await codeToMerge(work, session)
}

/** The issue is labelled, and no runner is free for a long time. */
const waitsForRunner: IssueScenario = async (work, session) => {
  await work.plan({ queuedSeconds: 40, seconds: 15 })
  await codeToMerge(work, session)
}

/** A person cancels the run and then gives up the issue. */
const cancelled: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 14 })
  await work.code({ seconds: 24, conclusion: null })
  await work.comment('/andon cancel')
  await session.pause(25)
  await work.closeAsNotPlanned()
}

/** An agent that takes its time and succeeds. */
const slowRun: IssueScenario = async (work, session) => {
  await work.plan({ seconds: 20 })
  await work.code({ seconds: 110 })
  await work.test({ seconds: 50 })
  await approveAndMerge(work, session, 60)
}

/** The mix of a morning: most issues succeed. */
export const ISSUE_SCENARIOS: readonly IssueScenario[] = [
  success,
  stalledRun,
  changesRequested,
  slowRun,
  ignoresCancel,
  flakyTests,
  cancelled,
  failingTests,
  waitsForRunner,
  success,
  changesRequested,
]

async function codeToMerge(work: IssueDriver, session: DemoSession): Promise<void> {
  await work.code({ seconds: 20 })
  await work.test({ seconds: 16 })
  await approveAndMerge(work, session, 45)
}

async function approveAndMerge(work: IssueDriver, session: DemoSession, seconds: number): Promise<void> {
  await session.pause(seconds)
  await work.approve()
  await session.pause(8)
  await work.merge()
}
