import nock from 'nock'
import { describe, expect, test } from 'vitest'
import {
  API,
  expectTokenRequest,
  failureOf,
  NOW,
  openTestClient,
  RECEIPT,
  REPOSITORY,
  useNock,
} from './support/nock-github.ts'

useNock()

const KEY = '42/plan/1-k3v9x'
const REPO = '/repos/acme/widgets/actions'
const DISPATCH = {
  workflow: 'plan.yml',
  ref: 'main',
  inputs: { issue: '42', andon: KEY },
  sendBy: '2026-11-21T14:02:41.000Z',
}
const SENT = { ref: 'main', inputs: DISPATCH.inputs, return_run_details: true }

function runOf(id: number, over: object = {}) {
  return {
    id,
    run_attempt: 1,
    path: '.github/workflows/plan.yml',
    display_title: `andon ${KEY}`,
    status: 'queued',
    conclusion: null,
    head_branch: 'main',
    head_sha: 'c0de'.repeat(10),
    html_url: `https://github.test/acme/widgets/actions/runs/${id}`,
    created_at: '2026-11-21T14:02:00Z',
    run_started_at: '2026-11-21T14:02:00Z',
    updated_at: '2026-11-21T14:02:01Z',
    repository: { id: 1, full_name: 'acme/widgets' },
    head_repository: { id: 1, full_name: 'acme/widgets' },
    ...over,
  }
}

describe('a dispatch', () => {
  test('asks for the id of its run, and is sent once', async () => {
    expectTokenRequest()
    nock(API)
      .post(`${REPO}/workflows/plan.yml/dispatches`, SENT)
      .reply(200, { workflow_run_id: 7, run_url: 'https://api', html_url: 'https://github.test/runs/7' })
    expect(await openTestClient().dispatchWorkflow(REPOSITORY, DISPATCH)).toEqual({
      runId: 7,
      url: 'https://github.test/runs/7',
    })
  })

  test('is accepted even if GitHub does not name the run', async () => {
    expectTokenRequest()
    nock(API).post(`${REPO}/workflows/plan.yml/dispatches`).reply(204)
    nock(API).post(`${REPO}/workflows/plan.yml/dispatches`).reply(200, '')
    const github = openTestClient()
    expect(await github.dispatchWorkflow(REPOSITORY, DISPATCH)).toBeNull()
    expect(await github.dispatchWorkflow(REPOSITORY, DISPATCH)).toBeNull()
  })

  test('no longer asks for the id once a server has refused the field', async () => {
    expectTokenRequest()
    const message = 'Invalid request.\n\n"return_run_details" is not a permitted key.'
    const { return_run_details: _, ...plain } = SENT
    nock(API).post(`${REPO}/workflows/plan.yml/dispatches`, SENT).reply(422, { message })
    nock(API).post(`${REPO}/workflows/plan.yml/dispatches`, plain).reply(204)
    const github = openTestClient()
    expect(await failureOf(github.dispatchWorkflow(REPOSITORY, DISPATCH))).toMatchObject({ kind: 'retryable' })
    expect(await github.dispatchWorkflow(REPOSITORY, DISPATCH)).toBeNull()
  })

  test('is not sent after its time is up', async () => {
    expectTokenRequest()
    const late = { ...DISPATCH, sendBy: '2026-11-21T14:02:30.999Z' }
    expect(await failureOf(openTestClient().dispatchWorkflow(REPOSITORY, late))).toMatchObject({
      kind: 'retryable',
      message: 'not sent: its time was up',
    })
    expect(NOW > late.sendBy).toBe(true)
  })

  test.each([
    [404, {}, 'Not Found', 'not_found'],
    [422, {}, "Cannot trigger a 'workflow_dispatch' on a disabled workflow", 'refused'],
    [403, {}, 'Resource not accessible by integration', 'no_access'],
    [403, { 'retry-after': '90' }, 'You have exceeded a secondary rate limit', 'rate_limited'],
    [429, {}, 'Too many', 'rate_limited'],
    [502, {}, 'Server Error', 'unconfirmed'],
    [500, {}, 'Server Error', 'unconfirmed'],
  ])('that is answered %i %j %s is a %s', async (status, headers, message, kind) => {
    expectTokenRequest()
    nock(API).post(`${REPO}/workflows/plan.yml/dispatches`).reply(status, { message }, headers)
    expect(await failureOf(openTestClient().dispatchWorkflow(REPOSITORY, DISPATCH))).toMatchObject({ kind })
  })
})

describe('runs', () => {
  const since = '2026-11-21T13:52:31.000Z'
  const query = (page: number) => ({
    event: 'workflow_dispatch',
    created: `>=${since}`,
    per_page: '100',
    page: String(page),
  })

  test('are found on all pages by the whole key in their title, oldest first', async () => {
    expectTokenRequest()
    const path = `${REPO}/workflows/plan.yml/runs`
    const titles = [`${KEY}2`, `x${KEY}`, '42/plan/1', `(${KEY})`].map((display_title, index) =>
      runOf(20 + index, { display_title }),
    )
    const forked = runOf(30, { head_repository: { id: 2, full_name: 'mallory/widgets' } })
    nock(API)
      .get(path)
      .query(query(1))
      .reply(200, { workflow_runs: [runOf(12), ...titles] }, { link: `<${API}${path}?page=2>; rel="next"` })
    nock(API)
      .get(path)
      .query(query(2))
      .reply(200, { workflow_runs: [forked, runOf(11, { display_title: `${KEY} #42` })] })
    const found = await openTestClient().findRuns(REPOSITORY, { workflow: 'plan.yml', since, key: KEY }, RECEIPT)
    expect(found.map(({ id }) => id)).toEqual([11, 12])
  })

  test('do not count as missing when the list cannot be read', async () => {
    expectTokenRequest()
    nock(API).get(`${REPO}/workflows/plan.yml/runs`).query(query(1)).reply(200, 'half a li')
    const search = openTestClient().findRuns(REPOSITORY, { workflow: 'plan.yml', since, key: KEY }, RECEIPT)
    expect(await failureOf(search)).toMatchObject({ kind: 'retryable' })
  })

  test('are read with the jobs of their newest attempt; a missing run is null', async () => {
    expectTokenRequest()
    const job = {
      id: 70,
      run_id: 7,
      run_attempt: 2,
      name: 'plan',
      status: 'in_progress',
      conclusion: null,
      html_url: 'https://github.test/job/70',
      created_at: '2026-11-21T14:02:02Z',
      started_at: '2026-11-21T14:02:03Z',
      completed_at: null,
      steps: [
        { name: 'Set up job', status: 'completed' },
        { name: 'Run the agent', status: 'in_progress' },
      ],
    }
    nock(API)
      .get(`${REPO}/runs/7`)
      .reply(200, runOf(7, { run_attempt: 2, status: 'in_progress' }))
    nock(API)
      .get(`${REPO}/runs/7/jobs`)
      .query({ filter: 'latest', per_page: '100', page: '1' })
      .reply(200, { total_count: 1, jobs: [job] })
    for (const id of [8, 9]) nock(API).get(`${REPO}/runs/${id}`).reply(404, { message: 'Not Found' })
    const page = (number: number) => ({ per_page: '100', page: String(number) })
    nock(API)
      .get(`${REPO}/runs`)
      .query(page(1))
      .reply(200, { workflow_runs: [runOf(20)] }, { link: '<https://x>; rel="next"' })
    nock(API)
      .get(`${REPO}/runs`)
      .query(page(2))
      .reply(200, { workflow_runs: [runOf(7)] }, { link: '<https://x>; rel="next"' })
    nock(API)
      .get(`${REPO}/workflows/plan.yml/runs`)
      .query(page(1))
      .reply(200, { workflow_runs: [runOf(9)] })
    nock(API).get(`${REPO}/runs/9/jobs`).query(true).reply(404, { message: 'Not Found' })
    const github = openTestClient()
    expect(await github.readRun(REPOSITORY, { runId: 7 }, RECEIPT)).toMatchObject({
      id: 7,
      runAttempt: 2,
      status: 'in_progress',
      workflow: 'plan.yml',
      title: `andon ${KEY}`,
      branch: 'main',
      evidence: RECEIPT,
      jobs: [
        {
          id: 70,
          runId: 7,
          runAttempt: 2,
          status: 'in_progress',
          step: 'Run the agent',
          stepsCompleted: 1,
          stepsTotal: 2,
          at: '2026-11-21T14:02:03.000Z',
        },
      ],
    })
    expect(await github.readRun(REPOSITORY, { runId: 8 }, RECEIPT)).toBeNull()
    expect(await github.readRun(REPOSITORY, { runId: 9, workflow: 'plan.yml' }, RECEIPT)).toMatchObject({
      id: 9,
      jobs: [],
    })
  })

  test.each<[number, object | readonly object[], object]>([
    [200, [{ message: 'The run was canceled by @ada.' }], { kind: 'person', login: 'ada' }],
    [200, [], { kind: 'unexplained', since: RECEIPT.at, until: RECEIPT.at }],
    [403, { message: 'Resource not accessible by integration' }, { kind: 'unexplained' }],
    [404, { message: 'Not Found' }, { kind: 'unexplained' }],
  ])('that are cancelled are read with the annotations of their jobs (%i %j)', async (status, body, cancellation) => {
    expectTokenRequest()
    const job = { id: 70, run_id: 7, name: 'agent', status: 'completed', conclusion: 'cancelled' }
    nock(API)
      .get(`${REPO}/runs/7`)
      .reply(200, runOf(7, { status: 'completed', conclusion: 'cancelled' }))
    nock(API)
      .get(`${REPO}/runs/7/jobs`)
      .query(true)
      .reply(200, { total_count: 1, jobs: [{ ...job, created_at: '2026-11-21T14:02:00Z' }] })
    nock(API)
      .get(`${REPO.replace(/\/actions$/, '')}/check-runs/70/annotations`)
      .query(true)
      .reply(status, body as nock.Body)
    expect(await openTestClient().readRun(REPOSITORY, { runId: 7 }, RECEIPT)).toMatchObject({ cancellation })
  })

  test.each([
    [false, 202, 'accepted'],
    [true, 202, 'accepted'],
    [false, 409, 'refused'],
    [true, 409, 'refused'],
    [false, 404, 'gone'],
  ])('are cancelled (force: %s): %i is %s', async (force, status, cancelled) => {
    expectTokenRequest()
    nock(API)
      .post(`${REPO}/runs/7/${force ? 'force-cancel' : 'cancel'}`)
      .reply(status, { message: '' })
    expect(await openTestClient().cancelRun(REPOSITORY, 7, force)).toBe(cancelled)
  })

  test('do not count as cancelled when GitHub fails', async () => {
    expectTokenRequest()
    nock(API).post(`${REPO}/runs/7/cancel`).reply(502, {})
    expect(await failureOf(openTestClient().cancelRun(REPOSITORY, 7, false))).toMatchObject({ kind: 'retryable' })
  })
})
