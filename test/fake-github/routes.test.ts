import { generateKeyPairSync } from 'node:crypto'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GitHub, openGitHub } from '../../src/github/client.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'

const WIDGETS = 'acme/widgets'
let github: FakeGitHub
let andon: GitHub
let where: { installationId: number; repositoryId: number; owner: string; name: string }

beforeEach(async () => {
  github = await openFakeGitHub()
  andon = openClient(github)
  where = {
    installationId: github.installationId,
    repositoryId: github.repositoryId(WIDGETS),
    owner: 'acme',
    name: 'widgets',
  }
})

afterEach(() => github.close())

function openClient(fake: FakeGitHub, privateKey = fake.privateKey, send = fetch): GitHub {
  const now = () => new Date().toISOString()
  const log = pino({ level: 'silent' })
  return openGitHub({ appId: fake.appId, privateKey, apiUrl: fake.url, now, log, fetch: send, timeoutMs: 1_000 })
}

function anotherKey(): string {
  return String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }))
}

function checkOn(sha: string) {
  return {
    name: 'andon / plan',
    head_sha: sha,
    external_id: `1/plan/${sha}`,
    details_url: 'http://127.0.0.1/acme/widgets/issues/1',
    status: 'in_progress',
    output: { title: 'running', summary: 'since 14:02' },
  } as const
}

describe('the App', () => {
  test('writes, edits, finds and deletes comments under its own name', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    await github.comment(WIDGETS, number, 'I paste <!-- marker --> too', 'passerby')
    const id = await andon.createComment(where, number, 'plan <!-- marker -->')
    await andon.updateComment(where, id, 'plan, again <!-- marker -->')
    const [, comment] = github.comments(WIDGETS, number)
    expect(comment).toMatchObject({
      body: 'plan, again <!-- marker -->',
      performed_via_github_app: { id: github.appId },
    })
    const since = comment!.created_at
    expect(await andon.findComments(where, number, '<!-- marker -->', since)).toEqual([{ id }])
    await andon.deleteComment(where, id)
    expect(github.comments(WIDGETS, number)).toHaveLength(1)
    await expect(andon.updateComment(where, id, 'gone')).rejects.toMatchObject({ kind: 'not_found' })
  })

  test('writes, edits and finds check runs', async () => {
    const sha = await github.headSha(WIDGETS, 'main')
    const id = await andon.createCheckRun(where, checkOn(sha))
    const duplicate = await andon.createCheckRun(where, checkOn(sha))
    const { name: _, head_sha: __, ...changes } = checkOn(sha)
    await andon.updateCheckRun(where, id, { ...changes, status: 'completed', conclusion: 'neutral' })
    expect(await andon.findCheckRuns(where, sha, `1/plan/${sha}`)).toEqual([{ id }, { id: duplicate }])
    expect(github.checkRuns(WIDGETS, sha).map((check) => check.conclusion)).toEqual(['neutral', null])
  })

  test('is refused what GitHub refuses', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const sha = await github.headSha(WIDGETS, 'main')
    const long = { ...checkOn(sha), output: { title: 't', summary: 'x'.repeat(65_536) } }
    await expect(andon.createComment(where, number, 'x'.repeat(65_537))).rejects.toMatchObject({ kind: 'refused' })
    // A commit that was just pushed is not known yet: it is tried again.
    await expect(andon.createCheckRun(where, checkOn('0'.repeat(40)))).rejects.toMatchObject({ kind: 'not_found' })
    await expect(andon.createCheckRun(where, long)).rejects.toMatchObject({ kind: 'refused' })
    github.deleteIssue(WIDGETS, number)
    await expect(andon.createComment(where, number, 'hello?')).rejects.toMatchObject({ kind: 'not_found' })
    expect(github.writes.all.map(({ kind, done, status }) => `${kind} ${done} ${status}`)).toEqual([
      'comment false 422',
      'check false 422',
      'check false 422',
      'comment false 410',
    ])
  })

  test('is nobody with another key, with a lapsed token once, and while suspended', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    await expect(openClient(github, anotherKey()).createComment(where, number, 'hi')).rejects.toThrow()
    await andon.createComment(where, number, 'one')
    github.expireTokens()
    await andon.createComment(where, number, 'two')
    github.suspend()
    await expect(andon.createComment(where, number, 'three')).rejects.toMatchObject({ kind: 'no_access' })
    github.unsuspend()
    await andon.createComment(where, number, 'four')
    expect(github.writes.count('comment')).toBe(3)
  })

  test('learns what somebody may', async () => {
    const may = await Promise.all(
      ['ada', 'grace', 'linus', 'trinity', 'passerby', 'nobody'].map((login) => andon.readRole(where, login)),
    )
    expect(may).toEqual(['admin', 'maintain', 'write', 'triage', 'read', null])
    github.setPermission('linus', 'read')
    expect(await andon.readRole(where, 'linus')).toBe('read')
  })

  test('learns which pull requests close an issue, and which issues a pull request closes', async () => {
    const first = await github.openIssue(WIDGETS, { title: 'First' })
    const second = await github.openIssue(WIDGETS, { title: 'Second', by: 'passerby' })
    await github.createBranch(WIDGETS, 'claude/issue-1-x')
    const pull = await github.openPullRequest(WIDGETS, {
      branch: 'claude/issue-1-x',
      title: 'Both',
      body: `Closes #${first}. Closes #99.`,
    })
    github.linkIssue(WIDGETS, pull, second)
    await github.review(WIDGETS, pull, 'approve', { by: 'grace' })
    const receipt = { kind: 'read', id: `issue/${second}`, at: '2026-11-21T14:05:00.000Z' } as const
    expect(await andon.readPullRequest(where, pull, receipt)).toMatchObject({
      closes: [first, second],
      pullRequest: { number: pull, state: 'open' },
    })
    const read = await andon.readIssue(where, second, receipt)
    expect(read).toMatchObject({
      issue: { number: second, title: 'Second', author: 'passerby', state: 'open' },
      defaultBranchSha: await github.headSha(WIDGETS, 'main'),
      pullRequests: [{ number: pull, branch: 'claude/issue-1-x', state: 'open', closingIssues: [first, second] }],
    })
    expect(read.pullRequests[0]?.reviews).toMatchObject([{ reviewer: 'grace', state: 'approved', bot: false }])
    await github.merge(WIDGETS, pull)
    expect((await andon.readIssue(where, second, receipt)).pullRequests[0]?.state).toBe('merged')
    expect((await andon.readIssue(where, 4711, receipt)).issue).toBeNull()
  })
})

describe('misfortune', () => {
  test.each([
    ['502-before', 'unconfirmed', 0],
    ['502-after', 'unconfirmed', 1],
    ['reset-before', 'unconfirmed', 0],
    ['reset-after', 'unconfirmed', 1],
    ['hang-after', 'unconfirmed', 1],
    ['secondary-limit', 'rate_limited', 0],
    ['primary-limit', 'rate_limited', 0],
    ['forbidden', 'no_access', 0],
  ] as const)('%s meets a comment: the App sees "%s", and %i is there', async (how, kind, there) => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    github.injectFault({ requests: 'comment', kind: how, maxTimes: 1 })
    await expect(andon.createComment(where, number, 'hello')).rejects.toMatchObject({ kind })
    expect(github.comments(WIDGETS, number)).toHaveLength(there)
    expect(github.writes.ofKind('comment')).toMatchObject([{ fault: how, done: there === 1 }])
    // Who has met a limit sends nothing for a minute; another process may.
    await openClient(github).createComment(where, number, 'hello again')
    expect(github.comments(WIDGETS, number)).toHaveLength(there + 1)
  })

  test('meets the asked share of requests, the same ones for the same seed', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const met: string[] = []
    for (let round = 0; round < 2; round++) {
      const stop = github.injectFault({
        requests: 'any',
        kind: ['502-after', 'reset-after'],
        probability: 0.2,
        seed: 11,
      })
      github.writes.clear()
      for (let n = 0; n < 50; n++) await andon.createComment(where, number, `${n}`).catch(() => undefined)
      met.push(github.writes.all.map(({ fault }) => fault?.[0] ?? '.').join(''))
      stop()
    }
    const share = met[0]!.replaceAll('.', '').length
    console.log(`seed 11, of 50 comments ${share} met a misfortune`)
    expect(share).toBeGreaterThan(3)
    expect(share).toBeLessThan(20)
    expect(met[1]).toBe(met[0])
  })

  test('keeps GitHub’s own limit on creation when asked to', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    github.enforceLimits()
    for (let n = 0; n < 80; n++) await andon.createComment(where, number, `${n}`)
    await expect(andon.createComment(where, number, 'one too many')).rejects.toMatchObject({ kind: 'rate_limited' })
    expect(github.writes.count('comment')).toBe(80)
  })
})

describe('a client in the same process', () => {
  test.each([
    ['502-before', 'unconfirmed', 0],
    ['502-after', 'unconfirmed', 1],
    ['reset-after', 'unconfirmed', 1],
    ['hang-after', 'unconfirmed', 1],
    ['unreachable', 'retryable', 0],
    ['secondary-limit', 'rate_limited', 0],
  ] as const)(
    'meets the same faults without a socket (%s): it sees "%s", and %i is there',
    async (how, kind, there) => {
      const number = await github.openIssue(WIDGETS, { title: 'A' })
      github.injectFault({ requests: 'comment', kind: how, maxTimes: 1 })
      await expect(inProcess().createComment(where, number, 'hello')).rejects.toMatchObject({ kind })
      expect(github.comments(WIDGETS, number)).toHaveLength(there)
    },
  )

  test('that dies with a request on its way never hears of it, whether it was done or not', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    let answered = 0
    const count = () => {
      answered += 1
    }
    for (const [kind, there] of [
      ['crash-before', 0],
      ['crash-after', 1],
    ] as const) {
      github.injectFault({ requests: 'comment', kind, maxTimes: 1 })
      void inProcess().createComment(where, number, 'hello').then(count, count)
      await expect.poll(() => github.writes.all.at(-1)?.fault).toBe(kind)
      await expect.poll(() => github.comments(WIDGETS, number).length).toBe(there)
    }
    // A later request has been answered, theirs have not.
    await inProcess().createComment(where, number, 'alive')
    expect(answered).toBe(0)
  })

  test('that is frozen sends its request when it thaws', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const thaw = Promise.withResolvers<void>()
    let frozen = 0
    github.chooseFaults(({ kind }) => {
      return kind === 'comment' && frozen++ === 0 ? { kind: 'freeze', until: thaw.promise } : null
    })
    const late = inProcess().createComment(where, number, 'late')
    await expect.poll(() => frozen).toBe(1)
    await inProcess().createComment(where, number, 'early')
    thaw.resolve()
    await late
    expect(github.comments(WIDGETS, number).map(({ body }) => body)).toEqual(['early', 'late'])
  })

  test('may be refused in any words, and its request may arrive more than once', async () => {
    const number = await github.openIssue(WIDGETS, { title: 'A' })
    const faults = [
      { kind: 'refuse', status: 410, message: 'Gone' },
      { kind: 'repeated', times: 2 },
    ] as const
    let calls = 0
    github.chooseFaults(({ kind }) => (kind === 'comment' ? (faults[calls++] ?? null) : null))
    await expect(inProcess().createComment(where, number, 'one')).rejects.toMatchObject({ kind: 'not_found' })
    await expect(inProcess().createComment(where, number, 'two')).rejects.toMatchObject({ kind: 'unconfirmed' })
    expect(github.comments(WIDGETS, number).map(({ body }) => body)).toEqual(['two', 'two'])
  })

  function inProcess(): GitHub {
    return openClient(github, github.privateKey, github.fetch)
  }
})

test('hundreds of writes at once are all done, each once', async () => {
  const number = await github.openIssue(WIDGETS, { title: 'A' })
  for (let n = 0; n < 6; n++) {
    await Promise.all(Array.from({ length: 40 }, (_, one) => andon.createComment(where, number, `${n} ${one}`)))
  }
  const bodies = github.comments(WIDGETS, number).map(({ body }) => body)
  expect([bodies.length, new Set(bodies).size, github.writes.count('comment')]).toEqual([240, 240, 240])
})
