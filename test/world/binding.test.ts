// Which runs are taken for an issue's: by the event that began them, because that says who wrote their title and chose their
// branch.
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { type LineWorld, openLineWorld } from './support/line-world.ts'

let world: LineWorld
afterEach(() => world.close())

const OUTSIDERS = [
  { event: 'issues', by: 'passerby' },
  { event: 'issue_comment', by: 'passerby' },
  { event: 'push', by: 'linus' },
  { event: 'pull_request', by: 'passerby' },
  { event: 'schedule', by: 'github-actions[bot]' },
  { event: 'repository_dispatch', by: 'claude[bot]' },
  { event: 'workflow_run', by: 'passerby' },
  { event: 'workflow_dispatch', by: 'linus' },
  { event: 'workflow_dispatch', by: 'github-actions[bot]' },
] as const

describe.each(OUTSIDERS)(
  'a run of the stage’s own workflow that $by began by $event, titled with a live key',
  (began) => {
    test('is not bound, and ours goes on', async () => {
      world = await openLineWorld()
      const { issue, code } = await world.openIssueInCode()
      const outsider = await world.github.startRun(world.repository, 'code.yml', { title: code.state.title, ...began })
      outsider.start()
      outsider.fail()
      await world.settle()
      expect((await world.detail(issue))?.stages[1]).toMatchObject({
        status: 'running',
        attempts: [{ runId: code.id }],
      })
      expect(world.github.writes.ofKind('cancel')).toEqual([])
    })

    test('is not adopted while ours is still to be sent, however small its id is', async () => {
      world = await openLineWorld()
      let fault: Fault | null = { kind: '502-before' }
      world.github.chooseFaults(({ path }) => (path.endsWith('/dispatches') ? fault : null))
      const issue = await world.github.openIssue(world.repository, {
        title: 'Retry on flaky upload',
        labels: ['andon'],
      })
      await world.settle(20)
      const key = (await world.detail(issue))?.stages[0]?.attempts[0]?.key
      const outsider = await world.github.startRun(world.repository, 'plan.yml', { title: `andon ${key}`, ...began })
      outsider.start()
      fault = null
      await world.settle(300)
      const ours = world.newestRun('plan.yml')
      expect(ours.id).toBeGreaterThan(outsider.id)
      expect((await world.detail(issue))?.stages[0]?.attempts).toMatchObject([{ key, runId: ours.id }])
      expect(world.github.writes.ofKind('cancel')).toEqual([])
    })
  },
)

describe('where Andon only watches', () => {
  const KEY = 'andon 1/plan/1-k3v9x'
  const BRANCH = 'claude/issue-1-retry'

  async function watchRun(run: { event: string; title?: string; branch?: string; by?: string; fork?: string }) {
    world = await openLineWorld(null)
    const issue = await world.github.openIssue(world.repository, { title: 'Retry', labels: ['andon'] })
    await world.github.createBranch(world.repository, BRANCH, 'claude[bot]')
    const started = await world.github.startRun(world.repository, 'plan.yml', { title: 'plan', ...run })
    started.start()
    await world.settle()
    return await world.stages(issue)
  }

  test.each([
    ['the title of an issue', { event: 'issues', title: KEY, by: 'passerby' }],
    ['the title of an issue that somebody commented on', { event: 'issue_comment', title: KEY, by: 'passerby' }],
    ['the message of a commit', { event: 'push', title: KEY }],
    ['the title of a pull request', { event: 'pull_request', title: KEY, by: 'passerby' }],
    ['a title of an event that nobody knows yet', { event: 'telepathy', title: KEY }],
    ['the branch of a run for a pull request’s target', { event: 'pull_request_target', branch: BRANCH }],
    ['the branch of a run for a review', { event: 'pull_request_review', branch: BRANCH, by: 'passerby' }],
    ['a fork’s branch', { event: 'pull_request', branch: BRANCH, by: 'passerby', fork: 'passerby' }],
    [
      'a fork’s title, branch and dispatch',
      { event: 'workflow_dispatch', title: KEY, branch: BRANCH, fork: 'passerby' },
    ],
  ])('%s moves no light', async (_, run) => {
    expect(await watchRun(run)).toBe('plan queued')
  })

  test.each([
    ['the title of a dispatch', { event: 'workflow_dispatch', title: KEY, by: 'linus' }],
    ['the title of a repository dispatch', { event: 'repository_dispatch', title: KEY, by: 'claude[bot]' }],
    ['an agent’s push to its branch', { event: 'push', branch: BRANCH, by: 'claude[bot]' }],
    ['a run for a pull request from the agent’s branch', { event: 'pull_request', branch: BRANCH, by: 'claude[bot]' }],
  ])('%s names the issue', async (_, run) => {
    expect(await watchRun(run)).toBe('plan running')
  })
})
