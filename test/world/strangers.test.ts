// What a pull request may do, by who opened it and from where: only one from a branch of the repository, or by an author who
// may write, links to an issue. Every other is shown and decides nothing.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LineWorld, openLineWorld } from './support/line-world.ts'

let world: LineWorld
beforeEach(async () => {
  world = await openLineWorld()
})
afterEach(() => world.close())

const STRANGERS = [
  { who: 'a reader, from a fork', by: 'passerby', fromFork: true },
  { who: 'a reader, from a branch that somebody else pushed', by: 'passerby', fromFork: false },
  { who: 'somebody who may triage, from a fork', by: 'trinity', fromFork: true },
  { who: 'a bot that the file does not name, from a fork', by: 'dependabot[bot]', fromFork: true },
] as const

describe.each(STRANGERS)('a pull request by $who', ({ by, fromFork }) => {
  test('turns no light over a running agent, and closing it calls nothing off', async () => {
    const { issue, code } = await world.openIssueInCode()
    const number = await world.propose({ issue, by, fromFork })
    await world.settle()
    expect(await world.light(issue)).toBe('running')
    code.fail()
    await world.settle(10)
    await world.github.closePullRequest(world.repository, number, by)
    await world.settle(120)
    expect(world.app.dispatched()).toEqual(['1/plan/1', '1/code/1', '1/code/2'])
    expect(await world.stages(issue)).toBe('plan done, code queued')
  })

  test('before the label keeps nothing from starting', async () => {
    const issue = await world.github.openIssue(world.repository, { title: 'Retry on flaky upload' })
    await world.propose({ issue, by, fromFork })
    await world.settle()
    await world.github.label(world.repository, issue, 'andon')
    await world.settle(60)
    expect(world.app.dispatched()).toEqual(['1/plan/1'])
    expect(await world.light(issue)).toBe('queued')
  })

  test('is shown as what it is, on the page and in the history', async () => {
    const { issue } = await world.openIssueInCode()
    const number = await world.propose({ issue, by, fromFork })
    await world.settle()
    const words = `#${number} by @${by}${fromFork ? ', from a fork' : ''}: shown, decides nothing`
    expect((await world.detail(issue))?.history.map(({ text }) => text)).toContain(words)
    expect(await world.page(issue)).toContain(words)
  })
})

const WRITERS = [
  { who: 'an agent, from a branch of the repository', by: 'claude[bot]', fromFork: false },
  { who: 'an author who may write, from a branch of the repository', by: 'linus', fromFork: false },
  { who: 'an author who may write, from a fork', by: 'linus', fromFork: true },
] as const

describe.each(WRITERS)('a pull request by $who', ({ by, fromFork }) => {
  test('begins the review, and closing it calls the line off', async () => {
    const { issue, code } = await world.openIssueInCode()
    const number = await world.propose({ issue, by, fromFork })
    await world.settle()
    expect(await world.light(issue)).toBe('review')
    code.fail()
    await world.settle(10)
    await world.github.closePullRequest(world.repository, number, by)
    await world.settle(120)
    expect(world.app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
    expect((await world.detail(issue))?.stages[1]).toMatchObject({
      status: 'cancelled',
      reason: `called off: pull request #${number} was closed without merging`,
    })
  })
})

test('an author who loses the permission to write decides no more once GitHub has said so', async () => {
  const { issue } = await world.openIssueInCode()
  const number = await world.propose({ issue, by: 'linus', fromFork: true })
  await world.settle()
  expect(await world.light(issue)).toBe('review')
  world.github.setPermission('linus', 'read')
  await world.github.closePullRequest(world.repository, number, 'linus')
  await world.settle()
  expect(await world.stages(issue)).toBe('plan done, code running')
})

test('an author who is given the permission to write decides from the next change on', async () => {
  const { issue } = await world.openIssueInCode()
  const number = await world.propose({ issue, by: 'passerby', fromFork: true })
  await world.settle()
  world.github.setPermission('passerby', 'write')
  await world.github.editPullRequest(world.repository, number, { title: 'Retry uploads twice' }, 'passerby')
  await world.settle()
  expect(await world.light(issue)).toBe('review')
})

test('while GitHub does not answer who its author is, a pull request from a fork decides nothing', async () => {
  const { issue } = await world.openIssueInCode()
  world.github.chooseFaults(({ path }) => (path.endsWith('/linus/permission') ? { kind: '502-before' } : null))
  await world.propose({ issue, by: 'linus', fromFork: true })
  await world.settle()
  expect(await world.light(issue)).toBe('running')
  world.github.clearFaults()
  await world.settle(60)
  expect(await world.light(issue)).toBe('review')
})

test('while GitHub does not answer, a reader’s pull request from a branch of the repository calls nothing off', async () => {
  const { issue, code } = await world.openIssueInCode()
  world.github.chooseFaults(({ path }) => (path.endsWith('/passerby/permission') ? { kind: '502-before' } : null))
  const number = await world.propose({ issue, by: 'passerby' })
  await world.github.closePullRequest(world.repository, number, 'passerby')
  code.fail()
  await world.settle(120)
  expect(world.app.dispatched()).toEqual(['1/plan/1', '1/code/1', '1/code/2'])
})

test('an agent’s pull request that somebody who may triage closes is called off', async () => {
  const { issue, code } = await world.openIssueInCode()
  const number = await world.propose({ issue, by: 'claude[bot]' })
  await world.github.closePullRequest(world.repository, number, 'trinity')
  code.fail()
  await world.settle(120)
  expect(world.app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect(await world.stages(issue)).toBe('plan done, code cancelled, review cancelled')
})

test('an issue that is transferred ends its pipeline, and starts nothing where it arrives', async () => {
  const { issue } = await world.openIssueInCode()
  const [, elsewhere = ''] = world.github.repositories
  const arrived = await world.github.transferIssue(world.repository, issue, elsewhere, 'linus')
  await world.settle(120)
  expect(world.app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect((await world.app.pipeline()).removed).toMatchObject({ why: 'transferred' })
  expect((await fetch(`${world.app.url}/api/pipelines/${elsewhere}/${arrived}`)).status).toBe(404)
})

test('a review under a login that may write no more does not count', async () => {
  const { issue } = await world.openIssueInCode()
  const number = await world.propose({ issue, by: 'claude[bot]' })
  await world.settle()
  await world.github.review(world.repository, number, 'comment', { by: 'linus' })
  await world.settle()
  world.github.setPermission('linus', 'read')
  await world.github.review(world.repository, number, 'approve', { by: 'linus' })
  await world.settle()
  expect(await world.light(issue)).toBe('review')
})

test('of the pull requests of strangers the newest twenty are kept, the others are counted, and none that may decide is lost', async () => {
  const { issue } = await world.openIssueInCode()
  const strange = []
  for (let n = 1; n <= 24; n += 1)
    strange.push(await world.propose({ issue, by: 'passerby', branch: `try-${n}`, fromFork: true }))
  const own = await world.propose({ issue, by: 'linus', fromFork: true })
  for (let n = 1; n <= 3; n += 1) await world.propose({ issue, by: 'trinity', branch: `other-${n}`, fromFork: true })
  await world.settle(120)
  const { pullRequests, omittedPullRequests } = await world.app.pipeline()
  expect([pullRequests.length, omittedPullRequests]).toEqual([21, strange.slice(0, 7)])
  expect(pullRequests.map(({ number }) => number)).toContain(own)
  expect(await world.page(issue)).toContain('and 7 more that decide nothing')
  expect(await world.light(issue)).toBe('review')
  // One of those that are only counted is given the permission to write.
  await world.github.closePullRequest(world.repository, own, 'linus')
  world.github.setPermission('passerby', 'write')
  await world.github.editPullRequest(world.repository, strange[0] ?? 0, { title: 'Retry uploads' }, 'passerby')
  await world.settle(60)
  expect(await world.light(issue)).toBe('review')
  const after = await world.app.pipeline()
  expect(after.omittedPullRequests).toEqual(strange.slice(1, 7))
})

test('a pull request of a reader that closes several issues halts none of them', async () => {
  const first = await world.openIssueInCode()
  const second = await world.openIssueInCode()
  const number = await world.propose({ issue: first.issue, by: 'passerby', fromFork: true })
  const body = `Closes #${first.issue}, closes #${second.issue}`
  await world.github.editPullRequest(world.repository, number, { body }, 'passerby')
  await world.settle()
  await world.github.closePullRequest(world.repository, number, 'passerby')
  await world.settle()
  expect([await world.stages(first.issue), await world.stages(second.issue)]).toEqual([
    'plan done, code running',
    'plan done, code running',
  ])
})

test('where Andon only watches, an agent’s pull request from a branch of the repository links without a question', async () => {
  await world.close()
  world = await openLineWorld(null)
  const issue = await world.github.openIssue(world.repository, { title: 'Retry on flaky upload' })
  await world.propose({ issue, by: 'claude[bot]', branch: `claude/issue-${issue}-retry` })
  await world.settle()
  expect(await world.light(issue)).toBe('review')
  const asked = world.github.writes.requests.filter(({ path }) => path.endsWith('/permission'))
  expect(asked).toEqual([])
})

test('a stranger who reviews without end is asked about once at a time', async () => {
  const { issue } = await world.openIssueInCode()
  const number = await world.propose({ issue, by: 'claude[bot]' })
  await world.settle()
  for (let reviews = 0; reviews < 12; reviews += 1)
    await world.github.review(world.repository, number, 'approve', { by: 'passerby' })
  await world.settle()
  const asked = world.github.writes.requests.filter(({ path }) => path.endsWith('/passerby/permission'))
  expect(asked).toHaveLength(1)
  expect(await world.light(issue)).toBe('review')
})
