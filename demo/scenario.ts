// The factory morning: the state left by the night, a dozen issues started one after another, and then another one
// at intervals, until the session ends.
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { pushConfiguration } from './configuration.ts'
import { type IssueDriver, openDrivenIssue } from './issue-driver.ts'
import { ISSUE_SCENARIOS, type IssueScenario, success } from './issue-scenarios.ts'
import { type IssueText, LATER_ISSUES, MORNING_ISSUES, NIGHT_ISSUES } from './issue-texts.ts'
import { agentRuns, type RunSource } from './run-source.ts'
import { type DemoSession, SessionEnded } from './session.ts'

/** Plays until the session ends; `setMinutesAgo` sets this GitHub's clock back. */
export async function playScenario(o: {
  github: FakeGitHub
  session: DemoSession
  /** How runs start once the repositories have their files; at night agents start them themselves. */
  runSource: RunSource
  nightSession: DemoSession
  setMinutesAgo(minutes: number): void
  onFirstIssue: (work: IssueDriver) => void
  /** The night is over and everything is set up. */
  onNightEnd?: () => void
}): Promise<void> {
  const { github, session } = o
  await playNight(o)
  o.setMinutesAgo(0)
  session.log('the night', 'has left a silent run, a waiting review, a failure, and a finished issue')
  // Issues of the night stay observed to their end: their pipelines began before there was a file.
  await github.whenIdle()
  await session.pause(SETTLE_SECONDS)
  pushConfiguration(github)
  session.log('ada', 'pushes the workflows and andon.yml: from now on Andon starts the stages')
  o.onNightEnd?.()
  const stories = [playUnmanagedActivity(github, session)]
  for (const [n, issueText] of MORNING_ISSUES.entries()) {
    stories.push(playIssue(o, issueText, ISSUE_SCENARIOS[n % ISSUE_SCENARIOS.length] ?? success))
    await session.pause(n < 4 ? 1.5 : 5)
  }
  for (let n = 0; !session.isEnded; n++) {
    await session.pauseUnscaled(MINUTES_BETWEEN_ISSUES * 60)
    const issueText = LATER_ISSUES[n % LATER_ISSUES.length]
    if (issueText) stories.push(playIssue(o, issueText, session.random.pick(ISSUE_SCENARIOS)))
  }
  await Promise.all(stories)
}

const SETTLE_SECONDS = 8

// GitHub allows 500 creations an hour, and a complete issue needs about twelve.
const MINUTES_BETWEEN_ISSUES = 1.6

async function playIssue(
  o: Parameters<typeof playScenario>[0],
  issueText: IssueText,
  plot: IssueScenario,
): Promise<void> {
  const { session } = o
  try {
    const work = await openDrivenIssue(o, issueText)
    await session.pause(1)
    await work.label()
    await session.pause(3)
    await plot(work, session)
  } catch (error) {
    if (!(error instanceof SessionEnded) && !session.isEnded)
      session.log(issueText.repository, `the scenario of “${issueText.title}” failed: ${error}`)
  }
}

/** Ordinary activity in every repository, none of which may appear on the board. */
async function playUnmanagedActivity(github: FakeGitHub, session: DemoSession): Promise<void> {
  const [repository, branch] = ['acme/widgets', 'dependabot/npm_and_yarn/left-pad-1.3.0']
  try {
    const question = await github.openIssue(repository, {
      title: 'Which sizes will there be in spring?',
      by: 'passerby',
    })
    await github.comment(repository, question, 'All but XXL.', 'margaret')
    await github.createBranch(repository, branch, 'dependabot[bot]')
    await github.openPullRequest(repository, { branch, title: 'Bump left-pad to 1.3.0', by: 'dependabot[bot]' })
    const checks = await github.startRun(repository, 'ci.yml', { branch, event: 'pull_request', by: 'dependabot[bot]' })
    checks.start()
    checks.job('build').start()
    await session.pause(20)
    checks.fail()
  } catch (error) {
    if (!(error instanceof SessionEnded) && !session.isEnded) throw error
  }
}

/** The state of the morning: a silent run, a pull request in review, a failure, and a finished issue. */
async function playNight(o: Parameters<typeof playScenario>[0]): Promise<void> {
  const { github, nightSession } = o
  const [silent, waiting, failed, done] = NIGHT_ISSUES as readonly [IssueText, IssueText, IssueText, IssueText]
  o.setMinutesAgo(47)
  const first = await openLabeledIssue(github, nightSession, silent)
  o.onFirstIssue(first)
  await first.plan()
  o.setMinutesAgo(41)
  await first.code({ conclusion: null })
  o.setMinutesAgo(36)
  const second = await openLabeledIssue(github, nightSession, waiting)
  await second.plan()
  await second.code()
  await second.openPullRequest()
  o.setMinutesAgo(28)
  await second.test()
  const third = await openLabeledIssue(github, nightSession, failed)
  o.setMinutesAgo(22)
  await third.plan({ conclusion: 'failure' })
  const fourth = await openLabeledIssue(github, nightSession, done)
  await fourth.plan()
  await fourth.code()
  await fourth.openPullRequest()
  await fourth.test()
  o.setMinutesAgo(9)
  await fourth.approve()
  await fourth.merge()
}

async function openLabeledIssue(github: FakeGitHub, session: DemoSession, issueText: IssueText): Promise<IssueDriver> {
  const work = await openDrivenIssue({ github, session, runSource: agentRuns(github) }, issueText)
  await work.label()
  return work
}
