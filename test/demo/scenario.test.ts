import { afterEach, beforeEach, expect, test } from 'vitest'
import { agentRuns } from '../../demo/run-source.ts'
import { playScenario } from '../../demo/scenario.ts'
import { openSession } from '../../demo/session.ts'
import { translate } from '../../src/translate/translate.ts'
import { openReceiver, type Receiver } from '../fake-github/support/receiver.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'

let receiver: Receiver
let github: FakeGitHub
let behind = 0

beforeEach(async () => {
  receiver = await openReceiver()
  const now = () => new Date(Date.now() - behind).toISOString()
  github = await openFakeGitHub({ webhookUrl: receiver.url, now })
})

afterEach(async () => {
  await github.close()
  await receiver.close()
})

test('the morning shows every kind of light, breaks no story off, and ends when it is told to', async () => {
  const stop = new AbortController()
  const message: string[] = []
  const say = (where: string, what: string) => message.push(`${where} ${what}`)
  const session = openSession({ pace: 100, seed: 1, signal: stop.signal, say })
  const welcomed: number[] = []
  const played = playScenario({
    github,
    session,
    // As if Andon started them at once.
    runSource: { startedByAndon: true, nextRun: (o) => agentRuns(github).nextRun({ ...o, branch: 'main' }) },
    nightSession: openSession({ pace: 1_000, seed: 1, signal: stop.signal, say: () => undefined }),
    setMinutesAgo: (minutes) => {
      behind = minutes * 60_000
    },
    onFirstIssue: (work) => welcomed.push(work.number),
  })
  await expect
    .poll(() => message.filter((line) => line.endsWith('merged')).length, { timeout: 20_000 })
    .toBeGreaterThan(5)
  stop.abort()
  await expect(played).rejects.toThrow()
  await github.whenIdle()
  const text = message.join('\n')
  console.log(`${message.length} deeds, ${receiver.received.length} deliveries`)
  expect(text).not.toContain('the scenario of')
  expect(welcomed).toEqual([1])
  for (const deed of [
    'the night has left',
    'ada pushes the workflows',
    'test: failure',
    'code falls silent',
    'requests changes',
    'pushed',
    'approves',
    '/andon approve',
    '/andon cancel',
    'closed as not planned',
    'merged',
  ]) {
    expect(text).toContain(deed)
  }
  const issues = github.repositories.flatMap((name) => Array.from({ length: 60 }, (_, n) => github.issue(name, n + 1)))
  expect(issues.filter((issue) => issue !== null).length).toBeGreaterThanOrEqual(12)
  const receivedAt = new Date().toISOString()
  for (const { event, payload, guid } of receiver.received) translate(event, payload, { guid, receivedAt })
})

test('the night lies in the past, so that a silent run has been silent for long', async () => {
  const stop = new AbortController()
  const session = openSession({ pace: 1_000, seed: 1, signal: stop.signal, say: () => undefined })
  const setMinutesAgo = (minutes: number) => {
    behind = minutes * 60_000
    if (minutes === 0) stop.abort()
  }
  await playScenario({
    github,
    session,
    nightSession: session,
    runSource: agentRuns(github),
    setMinutesAgo,
    onFirstIssue: () => undefined,
  }).catch(() => undefined)
  await github.whenIdle()
  const jobs = receiver.received.filter(({ event, action }) => event === 'workflow_job' && action === 'in_progress')
  const code = jobs
    .map(({ payload }) => payload.workflow_job as { name: string; started_at: string })
    .find(({ name }) => name === 'code')
  const minutesAgo = (Date.now() - Date.parse(code!.started_at)) / 60_000
  expect(minutesAgo).toBeGreaterThan(40)
  expect(github.runs.some(({ state }) => state.status === 'in_progress')).toBe(true)
})
