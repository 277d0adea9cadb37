// Access comes and goes at random while issues are on their way; each time the event that lifts the refusal is delivered at the
// end. Nothing is started twice, no attempt is spent, and in the end GitHub shows everything.
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const ROUNDS = repetitions(1, 40)
const ISSUES = 5
const CONFIGURATION = `stages: { plan: { workflow: plan.yml, attempts: 3 } }
limits: { running: ${ISSUES} }`
const REFUSALS = ['suspended', 'permissions', 'token', 'everything'] as const

test('whatever GitHub refuses for a while, each issue gets one run and one comment', async () => {
  const random = seededRandom(randomSeed())
  let refused = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const app = await openAndonApp({ configuration: CONFIGURATION })
    const { github, repository } = app
    github.onDispatch((run) => {
      run.start()
      run.succeed()
    })
    await app.openLabeledIssue()
    for (let each = 1; each < ISSUES; each += 1) {
      const what = random.pick(REFUSALS)
      if (what === 'suspended') github.refuseTokens({ status: 403, message: 'This installation has been suspended' })
      if (what === 'token') github.refuseTokens({ status: 404, message: 'Not Found' })
      if (what === 'permissions') github.withholdPermissions('issues', 'actions', 'checks')
      if (what === 'everything')
        github.chooseFaults(() => ({ kind: 'refuse', status: 403, message: 'Must have admin rights' }))
      github.expireTokens()
      await github.openIssue(repository, { title: `Issue ${each}`, labels: ['andon'] })
      await app.advance(random.pick([60, 600]), { stride: 30 })
      refused += github.writes.requests.filter(({ status }) => status === 403).length
      github.writes.clear()
      github.refuseTokens(null)
      github.clearFaults()
      github.acceptPermissions()
      await app.advance(30, { stride: 5 })
    }
    await app.advance(120)
    const rows = await app.database.kysely.selectFrom('pipelines').select('document').execute()
    const attempts = rows.flatMap(({ document }) => document.stages.flatMap((stage) => stage.attempts))
    expect(attempts).toHaveLength(ISSUES)
    expect(github.runs).toHaveLength(ISSUES)
    await expectConsistent({ database: app.database, now: app.clock.now(), github })
    expect(await app.database.kysely.selectFrom('accessProblems').selectAll().execute()).toEqual([])
    await app.close()
  }
  recordMeasurements('access-comes-and-goes', {
    ...{ faults: refused, doubled: 0, rounds: ROUNDS, issues: ROUNDS * ISSUES, 'attempts spent': 0 },
  })
})
