// One installation's trouble is its own: while GitHub does not answer one, the others are served.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { faultsByRepository, organizationOf } from '../support/many-installations.ts'

const SICK = 'acme/r1'
const HEALTHY = ['acme/r2', 'acme/r3', 'acme/r4']
const ANDON_YML = `stages:
  plan: { workflow: plan.yml }
checks: { before_pull_request: off }
`

let app: AndonApp
let released: PromiseWithResolvers<void>

beforeEach(async () => {
  released = Promise.withResolvers()
  app = await openAndonApp({ organization: organizationOf(1 + HEALTHY.length) })
  for (const repository of app.github.repositories) {
    app.github.writeFile(repository, '.github/andon.yml', ANDON_YML)
    app.github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
    await app.github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  }
  await app.github.whenIdle()
})

afterEach(async () => {
  released.resolve()
  await app.advance(1)
  await app.close()
})

const done = (kind: string, repository: string) =>
  app.github.writes.all.some((write) => write.kind === kind && write.done && write.repository === repository)

/** Lets seconds pass without waiting for what hangs, until the condition is true. */
async function passUntil(isTrue: () => boolean, mostSeconds = 60): Promise<void> {
  for (let second = 0; second < mostSeconds && !isTrue(); second += 1) {
    for (let look = 0; look < 20; look += 1) {
      void app.andon.steps.outbox()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await app.andon.steps.watchdog()
    app.clock.advance(1)
  }
}

const isServed = (repository: string) => done('dispatch', repository) && done('comment', repository)

/** What GitHub does to every request of the sick installation. */
const HANGS: Readonly<Record<string, (kind: string) => Fault | null>> = {
  'does not answer at all': () => ({ kind: 'freeze', until: released.promise }),
  'does not answer questions': (kind) =>
    ['graphql', 'read', 'permission'].includes(kind) ? { kind: 'freeze', until: released.promise } : null,
  'does not answer writes': (kind) =>
    ['dispatch', 'comment', 'check'].includes(kind) ? { kind: 'freeze', until: released.promise } : null,
  'answers 500': () => ({ kind: 'refuse', status: 500 }),
  'is limited for an hour': () => ({ kind: 'refuse', status: 429, headers: { 'retry-after': '3600' } }),
}

test.each(Object.entries(HANGS))(
  'while one installation %s, the others get their dispatches and comments',
  async (_, faultOf) => {
    app.github.chooseFaults((request) =>
      faultsByRepository((repository) => (repository === SICK ? faultOf(request.kind) : null))(request),
    )
    await passUntil(() => HEALTHY.every(isServed))
    expect(HEALTHY.filter(isServed)).toEqual(HEALTHY)
    expect(isServed(SICK)).toBe(false)
  },
)

test('while GitHub gives one installation no token, the others are served, and it rests and is served after', async () => {
  let isSick = true
  const path = `/app/installations/${organizationOf(1).repositories[0]?.installationId}/access_tokens`
  app.github.chooseTokenFaults((request) =>
    isSick && request.path === path ? { kind: 'freeze', until: released.promise } : null,
  )
  await passUntil(() => HEALTHY.every(isServed))
  expect(HEALTHY.filter(isServed)).toEqual(HEALTHY)
  expect(isServed(SICK)).toBe(false)
  isSick = false
  released.resolve()
  await passUntil(() => isServed(SICK), 300)
  expect(isServed(SICK)).toBe(true)
})

test('an installation that answers with errors is called seldom, and served after its recovery', async () => {
  let isSick = true
  app.github.chooseFaults(
    faultsByRepository((repository) => (repository === SICK && isSick ? { kind: 'refuse', status: 500 } : null)),
  )
  await app.advance(300, { stride: 5 })
  const calls = app.github.writes.requests.filter(({ fault }) => fault !== null).length
  // Five minutes: a few calls until it rests, then one a minute at most beside what was in hand.
  expect(calls).toBeLessThanOrEqual(20)
  expect(HEALTHY.filter(isServed)).toEqual(HEALTHY)
  isSick = false
  await app.advance(400, { stride: 5 })
  expect(isServed(SICK)).toBe(true)
})
