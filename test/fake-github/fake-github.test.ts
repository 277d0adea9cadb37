import { verify } from '@octokit/webhooks-methods'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signAppJwt } from '../../src/github/app-jwt.ts'
import { translate } from '../../src/translate/translate.ts'
import { FAKE_GITHUB_SECRET, type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { openReceiver, type Receiver } from './support/receiver.ts'

const WIDGETS = 'acme/widgets'
let receiver: Receiver
let github: FakeGitHub

beforeEach(async () => {
  receiver = await openReceiver()
  github = await openFakeGitHub({ webhookUrl: receiver.url })
})

afterEach(async () => {
  await github.close()
  await receiver.close()
})

async function receivedNames(deed: () => Promise<unknown>): Promise<string> {
  await github.whenIdle()
  const before = receiver.received.length
  await deed()
  await github.whenIdle()
  return receiver.names().split(' ').slice(before).join(' ')
}

describe('people', () => {
  test('what they do to an issue is delivered as it happens', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'The lamp flickers', body: 'At night.', by: 'passerby' })
    const life = await receivedNames(async () => {
      await github.label(WIDGETS, number, 'andon', 'ada')
      await github.label(WIDGETS, number, 'andon', 'ada')
      await github.comment(WIDGETS, number, 'Looking.', 'grace')
      await github.editIssue(WIDGETS, number, { title: 'The lamp flickers at night' })
      await github.unlabel(WIDGETS, number, 'andon')
      await github.closeIssue(WIDGETS, number, 'not_planned')
      await github.reopenIssue(WIDGETS, number)
      github.deleteIssue(WIDGETS, number)
    })
    expect(life).toBe(
      'issues.labeled issue_comment.created issues.edited issues.unlabeled issues.closed issues.reopened issues.deleted',
    )
  })

  test('a deleted comment is told, and its text is gone', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const id = await github.comment(WIDGETS, number, 'Never mind.')
    expect(github.comments(WIDGETS, number)).toHaveLength(1)
    expect(await receivedNames(() => github.deleteComment(WIDGETS, id))).toBe('issue_comment.deleted')
    expect(github.comments(WIDGETS, number)).toEqual([])
  })

  test('a pull request lives from draft to merge and closes its issue', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const branch = `claude/issue-${number}-fix`
    let pull = 0
    const life = await receivedNames(async () => {
      await github.createBranch(WIDGETS, branch, 'claude[bot]')
      const body = `Fixes #${number}`
      pull = await github.openPullRequest(WIDGETS, { branch, title: 'Fix A', body, draft: true, by: 'claude[bot]' })
      await github.readyForReview(WIDGETS, pull, 'claude[bot]')
      const review = await github.review(WIDGETS, pull, 'request changes', { by: 'linus', body: 'Not yet.' })
      const before = github.pullRequest(WIDGETS, pull)?.head.sha
      const after = await github.push(WIDGETS, branch, { by: 'claude[bot]' })
      expect(after).not.toBe(before)
      expect(github.pullRequest(WIDGETS, pull)?.head.sha).toBe(after)
      await github.dismissReview(WIDGETS, pull, review)
      await github.review(WIDGETS, pull, 'approve', { by: 'grace' })
      await github.merge(WIDGETS, pull, 'grace')
    })
    expect(life).toBe(
      'push pull_request.opened pull_request.ready_for_review pull_request_review.submitted pull_request.synchronize ' +
        'pull_request_review.dismissed pull_request_review.submitted pull_request.closed issues.closed',
    )
    expect(github.pullRequest(WIDGETS, pull)?.merged).toBe(true)
    expect(github.issue(WIDGETS, number)?.state_reason).toBe('completed')
  })
})

describe('deliveries', () => {
  test('are signed, named and told apart as GitHub does it', async () => {
    await github.openIssue(WIDGETS, { title: 'A', labels: ['andon'] })
    await github.whenIdle()
    for (const { headers, body } of receiver.received) {
      expect(await verify(FAKE_GITHUB_SECRET, body, String(headers['x-hub-signature-256']))).toBe(true)
      expect(Number(headers['x-github-hook-id'])).toBeGreaterThan(0)
    }
    expect(new Set(receiver.received.map(({ guid }) => guid)).size).toBe(2)
    expect(receiver.received[0]?.guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  })

  test('can all be translated', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A', labels: ['andon'], by: 'passerby' })
    const run = await github.startRun(WIDGETS, 'plan.yml', { title: `Plan #${number}`, by: 'claude[bot]' })
    const job = run.job('plan')
    job.wait()
    job.start()
    job.step()
    run.fail()
    await github.createBranch(WIDGETS, 'andon/issue-1')
    const pull = await github.openPullRequest(WIDGETS, { branch: 'andon/issue-1', title: 'B', body: 'Closes #1' })
    await github.review(WIDGETS, pull, 'approve', { by: 'grace' })
    await github.push(WIDGETS, 'andon/issue-1')
    await github.comment(WIDGETS, pull, 'Merging.')
    await github.merge(WIDGETS, pull)
    github.suspend()
    github.unsuspend()
    github.removeRepository('acme/api')
    github.addRepository('acme/api')
    const renamed = await github.renameRepository(WIDGETS, 'gadgets')
    await github.deleteComment(renamed, github.comments(renamed, pull)[0]!.id)
    await github.transferIssue(renamed, number, 'acme/api')
    await github.whenIdle()
    const receivedAt = '2026-01-01T00:00:00.000Z'
    const events = receiver.received.map(({ event, payload, guid }) => translate(event, payload, { guid, receivedAt }))
    const types = new Set(events.flatMap((one) => one?.type ?? []))
    console.log(`${receiver.received.length} deliveries, ${types.size} types of event: ${[...types].join(' ')}`)
    expect([...types].toSorted()).toEqual([
      'comment.created',
      'comment.deleted',
      'installation.changed',
      'issue.changed',
      'issue.labeled',
      'issue.removed',
      'job.changed',
      'pull_request.changed',
      'repository.changed',
      'review.changed',
      'run.changed',
    ])
  })

  test('carry whole seconds, and say who is a bot', async () => {
    await github.createBranch(WIDGETS, 'andon/issue-9')
    await github.openPullRequest(WIDGETS, { branch: 'andon/issue-9', title: 'A', by: 'claude[bot]' })
    await github.whenIdle()
    const [{ body, payload }] = receiver.received.filter(({ event }) => event !== 'push') as [Receiver['received'][0]]
    expect(body.match(/"\d{4}-\d\d-\d\dT[\d:]+\.\d+Z"/g)).toBeNull()
    expect((payload.sender as { type: string }).type).toBe('Bot')
    expect(body.includes('localhost')).toBe(false)
  })

  test('follow a clock that the test moves', async () => {
    await github.close()
    let moment = '2027-03-01T08:00:00.000Z'
    github = await openFakeGitHub({ webhookUrl: receiver.url, now: () => moment })
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    moment = '2027-03-01T09:30:00.000Z'
    await github.label(WIDGETS, number, 'andon')
    await github.whenIdle()
    const stamps = receiver.received.map(({ payload }) => (payload.issue as { updated_at: string }).updated_at)
    expect(stamps[0]).toMatch(/^2027-03-01T08:00:/)
    expect(stamps[1]).toMatch(/^2027-03-01T09:30:/)
    expect(github.issue(WIDGETS, number)?.created_at).toBe(stamps[0])
  })

  test('are lost, doubled, delayed and shuffled when disturbed, and the same seed does it again', async () => {
    const played: string[] = []
    for (let round = 0; round < 2; round++) {
      await github.close()
      github = await openFakeGitHub({ webhookUrl: receiver.url, seed: 7 })
      const from = receiver.received.length
      github.deliveries.setTarget(null)
      for (let n = 0; n < 10; n++) await github.openIssue(WIDGETS, { title: `Issue ${n}` })
      await github.whenIdle()
      github.deliveries.setTarget(receiver.url)
      github.deliveries.injectFaults({ fail: 0.2, duplicate: 0.3, reorderWithin: 6 })
      for (let n = 1; n <= 10; n++) github.deliver('issues', { action: 'edited', issue: github.issue(WIDGETS, n) })
      await github.whenIdle()
      const numbers = receiver.received.slice(from).map(({ payload }) => (payload.issue as { number: number }).number)
      played.push(numbers.join(' '))
      expect(new Set(numbers).size).toBeLessThan(10)
      expect(numbers.length).toBeGreaterThan(new Set(numbers).size)
      expect(numbers).not.toEqual(numbers.toSorted((one, other) => one - other))
    }
    console.log(`seed 7: ${played[0]}`)
    expect(played[1]).toBe(played[0])
  })

  test('a repository is renamed, hidden and deleted, each told once', async () => {
    const life = await receivedNames(async () => {
      const renamed = await github.renameRepository(WIDGETS, 'gadgets')
      expect(github.repositories).toEqual(['acme/api', renamed])
      github.setPrivate(renamed, true)
      github.deleteRepository(renamed)
    })
    expect(life).toBe('repository.renamed repository.privatized repository.deleted')
    expect(receiver.received[0]?.payload).toMatchObject({
      changes: { repository: { name: { from: 'widgets' } } },
      repository: { id: 1, full_name: 'acme/gadgets' },
    })
    expect(receiver.received[1]?.payload).toMatchObject({ repository: { private: true } })
  })

  test('a removed repository and a suspended installation are told of nothing more', async () => {
    github.removeRepository('acme/api')
    await github.openIssue('acme/api', { title: 'Unheard' })
    github.suspend()
    await github.openIssue(WIDGETS, { title: 'Unheard too' })
    github.unsuspend()
    await github.openIssue(WIDGETS, { title: 'Heard' })
    await github.whenIdle()
    expect(receiver.names()).toBe(
      'installation_repositories.removed installation.suspend installation.unsuspend issues.opened',
    )
  })
})

test('a run tells what GitHub tells: no step, and no request for a second attempt', async () => {
  const run = await github.startRun(WIDGETS, 'test.yml', { branch: 'main', by: 'claude[bot]' })
  const life = await receivedNames(async () => {
    run.start()
    const job = run.job('unit', ['Check out', 'Run the tests'])
    job.start()
    job.step()
    run.fail()
    run.rerun()
    run.start()
    run.job('unit').start()
    run.succeed()
  })
  expect(life).toBe(
    'workflow_run.in_progress workflow_job.queued workflow_job.in_progress workflow_job.completed ' +
      'workflow_run.completed workflow_run.in_progress workflow_job.queued workflow_job.in_progress ' +
      'workflow_job.completed workflow_run.completed',
  )
  const last = receiver.received.at(-1)?.payload.workflow_run as Record<string, unknown>
  expect(last).toMatchObject({ run_attempt: 2, conclusion: 'success', path: '.github/workflows/test.yml' })
})

test('what happens may be dated back, as in the demo, while answers and tokens go by the clock of today', async () => {
  const answerNow = () => new Date().toISOString()
  const github = await openFakeGitHub({ now: () => '2026-11-20T03:00:00.000Z', answerNow })
  const { jwt } = signAppJwt({ appId: github.appId, privateKey: github.privateKey, now: answerNow() })
  const answer = await fetch(`${github.url}/app`, { headers: { authorization: `bearer ${jwt}` } })
  expect(answer.status).toBe(200)
  expect(Math.abs(Date.parse(answer.headers.get('date') ?? '') - Date.now())).toBeLessThan(60_000)
  const [repository = ''] = github.repositories
  const number = await github.openIssue(repository, { title: 'Last night' })
  expect(github.issue(repository, number)?.created_at).toBe('2026-11-20T03:00:00Z')
  await github.close()
})
