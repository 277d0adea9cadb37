// GitHub's clock has whole seconds. Where two facts of one second contradict each other, nothing is started, and GitHub is
// asked which came last.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LineWorld, openLineWorld } from './support/line-world.ts'

let world: LineWorld
beforeEach(async () => {
  world = await openLineWorld()
})
afterEach(() => world.close())

/** An issue whose plan runs. */
async function openIssueInPlan() {
  const { github, repository } = world
  const issue = await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await world.settle()
  const plan = world.newestRun('plan.yml')
  plan.start()
  await world.settle(10)
  return { issue, plan }
}

/** The plan ends at once, before GitHub can be asked. */
async function endPlan(plan: Awaited<ReturnType<typeof openIssueInPlan>>['plan']) {
  plan.succeed()
  await world.github.whenIdle()
  await world.app.andon.drain()
}

describe('an issue', () => {
  const CLOSED = ['1/plan/1']
  const OPEN = ['1/plan/1', '1/code/1']

  test.each([
    ['reopened and closed', ['reopenIssue', 'closeIssue'], CLOSED],
    ['closed and reopened', ['closeIssue', 'reopenIssue'], OPEN],
    ['closed, reopened and closed', ['closeIssue', 'reopenIssue', 'closeIssue'], CLOSED],
    ['reopened, closed and reopened', ['reopenIssue', 'closeIssue', 'reopenIssue'], OPEN],
  ] as const)('%s within one second starts nothing until GitHub has been asked', async (_, actions, dispatched) => {
    const { issue, plan } = await openIssueInPlan()
    for (const action of actions) await world.github[action](world.repository, issue)
    await endPlan(plan)
    expect(world.app.dispatched()).toEqual(CLOSED)
    await world.settle(60)
    expect(world.app.dispatched()).toEqual(dispatched)
  })

  test('closed in the second in which it was labelled is not begun', async () => {
    const { github, repository } = world
    const issue = await github.openIssue(repository, { title: 'Spam', labels: ['andon'] })
    await github.closeIssue(repository, issue, 'not_planned', 'linus')
    await world.settle(60)
    expect(world.app.dispatched()).toEqual([])
    expect(await world.light(issue)).toBe('idle')
  })

  test('that GitHub does not tell about waits under Needs you, in words', async () => {
    const { issue, plan } = await openIssueInPlan()
    world.github.chooseFaults(({ path }) => (path === '/graphql' ? { kind: '502-before' } : null))
    await world.github.reopenIssue(world.repository, issue)
    await world.github.closeIssue(world.repository, issue)
    await endPlan(plan)
    await world.settle(120)
    expect(world.app.dispatched()).toEqual(['1/plan/1'])
    expect(await world.detail(issue)).toMatchObject({
      light: 'idle',
      reason: 'the issue was opened and closed within one second: GitHub is asked which came last',
    })
    const board = await (await fetch(`${world.app.url}/api/pipelines?needs=me`)).json()
    expect(board).toMatchObject({ counts: { needsYou: 1 } })
    world.github.clearFaults()
    await world.settle(900)
    expect((await world.detail(issue))?.reason).toBe('the issue was closed as completed')
  })
})

describe('a pull request', () => {
  test.each([
    ['closed and reopened', ['closePullRequest', 'reopenPullRequest'], 'review'],
    ['reopened and closed', ['reopenPullRequest', 'closePullRequest'], 'cancelled'],
    ['made a draft and ready', ['convertToDraft', 'readyForReview'], 'review'],
    ['made ready and a draft', ['readyForReview', 'convertToDraft'], 'idle'],
  ] as const)('%s within one second counts as it rests until GitHub has been asked', async (_, actions, status) => {
    const { issue } = await world.openIssueInCode()
    const number = await world.propose({ issue, by: 'claude[bot]' })
    await world.settle()
    for (const action of actions) await world.github[action](world.repository, number)
    await world.github.whenIdle()
    const review = async () => (await world.detail(issue))?.stages[2]?.status
    expect(['cancelled', 'idle']).toContain(await review())
    await world.settle(60)
    expect(await review()).toBe(status)
  })

  test.each([
    ['closed and reopened', ['closePullRequest', 'reopenPullRequest'], 'review'],
    ['made a draft and ready', ['convertToDraft', 'readyForReview'], 'review'],
    ['closed, reopened and closed', ['closePullRequest', 'reopenPullRequest', 'closePullRequest'], 'cancelled'],
  ] as const)(
    'that only its branch links, %s within one second, is asked about as well',
    async (_, actions, status) => {
      const { github, repository } = world
      const { issue } = await world.openIssueInCode()
      const branch = `claude/issue-${issue}-retry`
      await github.createBranch(repository, branch, 'claude[bot]')
      const number = await github.openPullRequest(repository, { branch, title: 'Retry', by: 'claude[bot]' })
      await world.settle()
      for (const action of actions) await github[action](repository, number)
      await world.settle(60)
      expect((await world.detail(issue))?.stages[2]?.status).toBe(status)
    },
  )

  test('approved, and the approval dismissed, within one second is not approved', async () => {
    const { issue } = await world.openIssueInCode()
    const number = await world.propose({ issue, by: 'claude[bot]' })
    await world.settle()
    const id = await world.github.review(world.repository, number, 'approve', { by: 'linus' })
    await world.github.dismissReview(world.repository, number, id)
    await world.settle(60)
    expect(await world.light(issue)).toBe('review')
  })
})

test('an issue held and resumed within one second stands as the later comment says', async () => {
  const { issue, plan } = await openIssueInPlan()
  await world.github.comment(world.repository, issue, '/andon hold too early', 'linus')
  await world.github.comment(world.repository, issue, '/andon resume', 'linus')
  await world.github.comment(world.repository, issue, '/andon hold after all', 'linus')
  await world.settle()
  await endPlan(plan)
  await world.settle(60)
  expect(world.app.dispatched()).toEqual(['1/plan/1'])
  expect((await world.detail(issue))?.held).toBe(true)
})
