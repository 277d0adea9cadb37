import { afterEach, expect, test } from 'vitest'
import { environmentOf } from '../../fake-github/environment.ts'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'
import { openTestDatabase } from '../support/database.ts'
import { signDelivery, type TestRepository, WEBHOOK_SECRET, type WebhookDelivery } from '../support/deliveries.ts'
import { openFakeGitHub } from '../support/fake-github.ts'
import { forEachConcurrently, openHttpClient } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { traceOf } from '../support/traces.ts'
import { unmanagedActivity } from './support/unmanaged-activity.ts'

afterEach(stopAllProcesses)

const INSTALLATION_ID = 4_100
const ORGANIZATION = { ...ACME, repositories: [{ name: 'ordinary' }, { name: 'line' }] }
const UNMANAGED_ISSUES: TestRepository = { id: 1, fullName: 'acme/ordinary', installationId: INSTALLATION_ID }
const LABELED_ISSUES: TestRepository = { id: 2, fullName: 'acme/line', installationId: INSTALLATION_ID }

test('ordinary activity in a repository causes no write to GitHub and no row on the board', async () => {
  const database = await openTestDatabase('postgres')
  const github = await openFakeGitHub({
    organization: ORGANIZATION,
    installationId: INSTALLATION_ID,
    webhookSecret: WEBHOOK_SECRET,
  })
  const andon = await startAndonProcess('all', { DATABASE_URL: database.url, ...environmentOf(github) })
  await andon.ready()
  const count = repetitions(40, 200)
  const chance = seededRandom(randomSeed())
  const deliveries = chance.shuffle(
    Array.from({ length: count }, (_, index) => unmanagedActivity(UNMANAGED_ISSUES, index + 1)).flat(),
  )
  const client = openHttpClient()
  const post = async (delivery: WebhookDelivery, guid: string) =>
    expect((await client.post(andon.url, signDelivery(delivery, { guid }))).status).toBe(202)
  await forEachConcurrently(16, deliveries, (delivery, index) => post(delivery, `ordinary-${index}`))

  // One issue with a pipeline, in another repository, after all the others: when its check run exists, the worker has seen the rest.
  const sentinel = traceOf(1, { repository: LABELED_ISSUES, end: 'testing' })
  await forEachConcurrently(1, sentinel.deliveries, (delivery, index) => post(delivery, `sentinel-${index}`))
  await waitUntil('the one issue on the line is published', () => github.writes.all.length > 0)
  client.close()

  expect(github.writes.all.filter(({ repository }) => repository !== LABELED_ISSUES.fullName)).toEqual([])
  const rows = await readAllRows(andon.url)
  expect(rows.map(({ repository, issue }) => `${repository}#${issue}`)).toEqual([`${LABELED_ISSUES.fullName}#1`])
  expect((await andon.stop()).code).toBe(0)
  const ordinary = database.kysely.selectFrom('effects').selectAll().where('repositoryId', '=', UNMANAGED_ISSUES.id)
  expect(await ordinary.execute()).toEqual([])
  await expectConsistent({ database, now: new Date().toISOString() })
  await github.close()
  await database.close()
  recordMeasurements('ordinary', {
    faults: count * 2,
    wrong: 0,
    deliveries: deliveries.length,
    writes: 0,
  })
})
