// GitHub enforces its limits while hundreds of issues are labelled at once, agents fail and people command: what people wait for
// goes out in time, nothing is asked while quiet is due, and checks and comments follow.
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { UNSPENT_BUDGET } from '../../src/outbox/write-budget.ts'
import { saveBudget } from '../../src/store/budgets.ts'
import type { Database } from '../../src/store/database.ts'
import { millisecondsAfter } from '../../src/text/milliseconds-after.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 2h, attempts: 3 }
limits: { running: 100, starts_per_day: 500 }
`
const REPOSITORIES = ['widgets', 'api', 'cli']
const ISSUES = repetitions(10, 300)
/** The short form begins where most of the hour is spent. */
const EARLIER_CREATIONS = repetitions(470, 0)
const LONGEST_WAIT_SECONDS = 15 * 60
/** A write can go out in each. */
const STRIDE_SECONDS = 1.1
const IDLE_STRIDE_SECONDS = 20

vi.setConfig({ testTimeout: 60 * 60_000 })

test('no dispatch, cancellation or answer waits for a quarter of an hour, and nothing is asked in a quiet period', async () => {
  const organization = { ...ACME, repositories: REPOSITORIES.map((name) => ({ name })) }
  const app = await openAndonApp({ seed: randomSeed(), maxConcurrent: 8, organization })
  const { github, clock, database } = app
  const random = seededRandom(randomSeed(2))
  const seconds = () => Date.parse(clock.now()) / 1000
  const later: { readonly at: number; readonly act: () => unknown }[] = []
  const after = (minutes: number, act: () => unknown) => later.push({ at: seconds() + minutes * 60, act })
  for (const repository of github.repositories) {
    github.writeFile(repository, '.github/andon.yml', CONFIGURATION)
    github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  }
  await app.advance(30)
  const earlier = Array.from({ length: EARLIER_CREATIONS }, (_, n) => {
    return millisecondsAfter(clock.now(), -30 * 60_000 + (n * 15 * 60_000) / EARLIER_CREATIONS)
  })
  const reached = github.enforceLimits(earlier.map((at) => Date.parse(at)))
  await app.database.kysely.transaction().execute(async (trx) => {
    await trx.deleteFrom('budgets').execute()
    const row = { installationId: github.installationId, ...UNSPENT_BUDGET, creations: '[]', updatedAt: clock.now() }
    await trx.insertInto('budgets').values(row).execute()
    await saveBudget(trx, github.installationId, { ...UNSPENT_BUDGET, creations: earlier }, clock.now())
  })

  github.onDispatch((run) => {
    after(0.5, () => run.start())
    after(repetitions(4, 20) + random.integer(repetitions(4, 20)), () =>
      random.chance(0.1) ? run.fail() : run.succeed(),
    )
  })
  const began = seconds()
  for (let n = 0; n < ISSUES; n += 1) {
    const repository = github.repositories[n % REPOSITORIES.length] ?? ''
    const number = await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] })
    const command = (words: string) => () => github.comment(repository, number, words, 'linus')
    if (n % 10 < 2) after(1 + random.integer(repetitions(8, 40)), command('/andon why'))
    if (n % 30 === 7) after(2 + random.integer(2), command('/andon cancel plan'))
  }
  for (let n = 0; n < 3; n += 1)
    after(1 + random.integer(repetitions(8, 40)), () =>
      github.injectFault({
        requests: n % 2 === 0 ? ['read', 'graphql'] : 'any',
        ...{ kind: 'secondary-limit', maxTimes: 1, retryAfterSeconds: 90 },
      }),
    )

  let lastWrite = began
  for (let idle = 0; later.length > 0 || (await isBehind(database)); ) {
    for (const due of later.filter(({ at }) => at <= seconds())) {
      later.splice(later.indexOf(due), 1)
      await due.act()
    }
    const written = github.writes.all.length
    const stride = idle < 3 ? STRIDE_SECONDS : IDLE_STRIDE_SECONDS
    await app.advance(stride, { stride })
    idle = github.writes.all.length === written ? idle + 1 : 0
    if (idle === 0) lastWrite = seconds()
    if (seconds() - began > 12 * 3_600) throw new Error('it does not converge')
  }
  const { comments, checkRuns } = await expectConsistent({ database, now: clock.now(), github })
  const waits = await longestWaits(database)
  recordMeasurements('github-limits', {
    faults: github.writes.requests.filter(({ fault }) => fault === 'secondary-limit').length,
    converge: Math.round(lastWrite - began),
    issues: ISSUES,
    ...{ comments, checks: checkRuns, dispatches: github.writes.count('dispatch') },
    ...Object.fromEntries(
      Object.entries(waits).map(([type, wait]) => [`longest wait of a ${type}, s`, Math.round(wait)]),
    ),
    ...Object.fromEntries(Object.entries(reached).map(([name, count]) => [`most ${name}`, count])),
  })
  expect(reached['in a quiet period']).toBe(0)
  for (const [type, wait] of Object.entries(waits)) expect([type, wait <= LONGEST_WAIT_SECONDS]).toEqual([type, true])
  await app.close()
})

async function isBehind({ kysely }: Database): Promise<boolean> {
  const behind = kysely.selectFrom('pipelines').select('id').whereRef('publishedRevision', '<', 'revision')
  const open = kysely.selectFrom('effects').select('id').where('state', 'not in', ['done', 'refused', 'buried'])
  return (await behind.executeTakeFirst()) !== undefined || (await open.executeTakeFirst()) !== undefined
}

/** From when each was decided until it was done. */
async function longestWaits({ kysely }: Database): Promise<Record<'dispatch' | 'cancel' | 'reply' | 'react', number>> {
  const rows = await kysely.selectFrom('effects').select(['type', 'createdAt', 'updatedAt']).execute()
  const longest = (type: string) => {
    const these = rows.filter((row) => row.type === type)
    return Math.max(...these.map(({ createdAt, updatedAt }) => (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000))
  }
  return { dispatch: longest('dispatch'), cancel: longest('cancel'), reply: longest('reply'), react: longest('react') }
}
