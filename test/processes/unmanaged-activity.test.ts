import { afterEach, expect, test } from 'vitest'
import { environmentOf } from '../../fake-github/environment.ts'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  exampleDelivery,
  signDelivery,
  type TestRepository,
  WEBHOOK_SECRET,
  type WebhookDelivery,
} from '../support/deliveries.ts'
import { openFakeGitHub } from '../support/fake-github.ts'
import { forEachConcurrently, openHttpClient } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { traceOf } from '../support/traces.ts'

afterEach(stopAllProcesses)

const INSTALLATION_ID = 4_100
const ORGANIZATION = { ...ACME, repositories: [{ name: 'ordinary' }, { name: 'line' }] }
const UNMANAGED_ISSUES: TestRepository = { id: 1, fullName: 'acme/ordinary', installationId: INSTALLATION_ID }
const LABELED_ISSUES: TestRepository = { id: 2, fullName: 'acme/line', installationId: INSTALLATION_ID }
const WORKFLOWS = ['ci.yml', 'codeql.yml', 'coverage.yml', 'release-plan.yml', 'test.yaml', 'test.yml']

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
  const deliveries = chance.shuffle(Array.from({ length: count }, (_, index) => unmanagedActivity(index + 1)).flat())
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

/** An issue without the label `andon`, a pull request from a person's branch, and the checks that run on both. */
function unmanagedActivity(number: number): readonly WebhookDelivery[] {
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 20, 9, minutes)).toISOString().replace('.000', '')
  const issue = { id: 70_000 + number, number, state: 'open', labels: [], updated_at: at(0), closed_at: null }
  const label = { id: 3, name: 'bug', color: 'ededed' }
  const sha = (number * 7 + 1).toString(16).padStart(40, 'c')
  const branch = `fix/${number}-login`
  const pullRequest = {
    id: 80_000 + number,
    number: 1_000 + number,
    state: 'open',
    draft: false,
    merged_at: null,
    closed_at: null,
    updated_at: at(5),
    head: { ref: branch, sha },
    base: { ref: 'main' },
  }
  const delivery = (name: string, action: string, parts: Record<string, unknown>) =>
    exampleDelivery(name, action, UNMANAGED_ISSUES, parts)
  return [
    delivery('issues', 'opened', { issue }),
    delivery('issues', 'labeled', { issue: { ...issue, labels: [label], updated_at: at(1) }, label }),
    delivery('issue_comment', 'created', { issue }),
    delivery('pull_request', 'opened', { number: 1_000 + number, pull_request: pullRequest }),
    ...WORKFLOWS.flatMap((file, index) => unmanagedRun(number * 10 + index, file, branch, sha, at)),
    delivery('pull_request_review', 'submitted', {
      review: { id: 90_000 + number, state: 'approved', commit_id: sha, submitted_at: at(8) },
      pull_request: pullRequest,
    }),
    delivery('pull_request', 'closed', {
      number: 1_000 + number,
      pull_request: {
        ...pullRequest,
        state: 'closed',
        merged: true,
        merged_at: at(9),
        closed_at: at(9),
        updated_at: at(9),
      },
    }),
    delivery('issues', 'closed', { issue: { ...issue, state: 'closed', closed_at: at(10), updated_at: at(10) } }),
  ]
}

function unmanagedRun(
  id: number,
  file: string,
  branch: string,
  sha: string,
  at: (minutes: number) => string,
): readonly WebhookDelivery[] {
  const path = `.github/workflows/${file}`
  const run = {
    id,
    run_attempt: 1,
    path,
    name: file,
    display_title: 'Fix the login',
    event: 'pull_request',
    head_branch: branch,
    head_sha: sha,
    created_at: at(5),
    run_started_at: at(5),
  }
  const job = { id: id * 10, run_id: id, run_attempt: 1, workflow_name: file, head_branch: branch, head_sha: sha }
  const tellRun = (action: string, conclusion: string | null, minutes: number) =>
    exampleDelivery('workflow_run', action, UNMANAGED_ISSUES, {
      workflow: { path },
      workflow_run: { ...run, status: action === 'requested' ? 'queued' : action, conclusion, updated_at: at(minutes) },
    })
  return [
    tellRun('requested', null, 5),
    tellRun('in_progress', null, 6),
    exampleDelivery('workflow_job', 'completed', UNMANAGED_ISSUES, {
      workflow_job: {
        ...job,
        status: 'completed',
        conclusion: 'success',
        created_at: at(5),
        started_at: at(6),
        completed_at: at(7),
      },
    }),
    tellRun('completed', 'success', 7),
  ]
}
