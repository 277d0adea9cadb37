// GitHub enforces its limits while hundreds of issues are labelled at once, agents fail and people command: what people wait for
// goes out in time, nothing is asked while quiet is due, and checks and comments follow.
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import type { Run } from '../../fake-github/runs.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 2h, attempts: 3 }
limits: { running: 100, starts_per_day: 500 }
`
const REPOSITORIES = ['widgets', 'api', 'cli']
const LONGEST_WAIT_SECONDS = 15 * 60
const STRIDE = 1.1

vi.setConfig({ testTimeout: 60 * 60_000 })

test('no dispatch, cancel or answer waits for a quarter of an hour, and no call comes in a quiet period', async () => {
  const issues = repetitions(30, 300)
  const organization = { ...ACME, repositories: REPOSITORIES.map((name) => ({ name })) }
  const app = await openAndonApp({ seed: randomSeed(), maxConcurrent: 8, organization })
  const { github, clock, database } = app
  const random = seededRandom(randomSeed(2))
  const seconds = () => Date.parse(clock.now()) / 1000
  const began = seconds()
  const workflow = readFileSync('docs/workflows/plan.yml', 'utf8')
  for (const repository of github.repositories) {
    github.writeFile(repository, '.github/andon.yml', CONFIGURATION)
    github.writeFile(repository, '.github/workflows/plan.yml', workflow)
  }
  await app.advance(30)
  // The short form begins where publications have already used much of the hour.
  const reached = github.enforceLimits({ earlierCreations: repetitions(300, 0) })

  const later: { at: number; run: () => unknown }[] = []
  const after = (minutes: number, run: () => unknown) => later.push({ at: seconds() + minutes * 60, run })
  github.onDispatch((run) => live(run))
  function live(run: Run): void {
    after(0.5, () => run.start())
    after(repetitions(5, 20) + random.integer(20), () => (random.chance(0.1) ? run.fail() : run.succeed()))
  }
  const opened = seconds()
  const asked: { comment: number; at: number; kind: 'why' | 'cancel' }[] = []
  for (let n = 0; n < issues; n += 1) {
    const repository = github.repositories[n % REPOSITORIES.length] ?? ''
    const number = await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] })
    const command = async (kind: 'why' | 'cancel') => {
      asked.push({ comment: await github.comment(repository, number, `/andon ${kind}`, 'linus'), at: seconds(), kind })
    }
    if (n % 10 === 0) after(1 + random.integer(40), () => command('why'))
    if (n % 30 === 7) after(2 + random.integer(10), () => command('cancel'))
  }
  for (let n = 0; n < 4; n += 1)
    after(1 + random.integer(30), () =>
      github.injectFault({
        requests: ['comment', 'dispatch', 'graphql', 'read'],
        kind: 'secondary-limit',
        maxTimes: 1,
        retryAfterSeconds: 90,
      }),
    )

  let lastWrite = 0
  for (let idle = 0; later.length > 0 || (await isBehind()); ) {
    for (const due of later.filter(({ at }) => at <= seconds())) {
      later.splice(later.indexOf(due), 1)
      await due.run()
    }
    const written = github.writes.all.length
    const stride = idle < 3 ? STRIDE : 10
    await app.advance(stride, { stride })
    idle = github.writes.all.length === written ? idle + 1 : 0
    if (idle === 0) lastWrite = seconds()
    if (seconds() - began > 12 * 3_600) throw new Error('it does not converge')
  }
  const { comments, checkRuns } = await expectConsistent({ database, now: clock.now(), github })

  const waits = await waitsOf()
  console.log(
    reached,
    waits,
    github.writes.requests
      .filter((r) => r.fault === 'secondary-limit')
      .map((r) => [r.kind, r.path, new Date(r.at).toISOString()].join(' ')),
  )
  recordMeasurements('github-limits', {
    faults: github.writes.requests.filter(({ fault }) => fault === 'secondary-limit').length,
    converge: Math.round(lastWrite - opened),
    issues,
    ...{ comments, checks: checkRuns, dispatches: github.writes.count('dispatch') },
    ...Object.fromEntries(
      Object.entries(waits).map(([kind, wait]) => [`longest wait of a ${kind}, s`, Math.round(wait)]),
    ),
    ...Object.fromEntries(Object.entries(reached).map(([name, count]) => [`most ${name}`, count])),
  })
  expect(reached['in a quiet period']).toBe(0)
  for (const wait of Object.values(waits)) expect(wait).toBeLessThanOrEqual(LONGEST_WAIT_SECONDS)
  await app.close()

  async function isBehind(): Promise<boolean> {
    const { kysely } = database
    const behind = kysely.selectFrom('pipelines').select('id').whereRef('publishedRevision', '<', 'revision')
    const due = kysely.selectFrom('effects').select('id').where('state', 'not in', ['done', 'refused', 'buried'])
    return (await behind.executeTakeFirst()) !== undefined || (await due.executeTakeFirst()) !== undefined
  }

  /** From when it was decided until it was done. */
  async function waitsOf() {
    const rows = await database.kysely
      .selectFrom('effects')
      .select(['type', 'key', 'createdAt', 'updatedAt', 'state'])
      .execute()
    const longest = (type: string) => {
      const these = rows.filter((row) => row.type === type)
      return Math.max(
        ...these.map(({ createdAt, updatedAt }) => (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000),
      )
    }
    return {
      dispatch: longest('dispatch'),
      cancel: longest('cancel'),
      reply: longest('reply'),
      reaction: longest('react'),
    }
  }
})
