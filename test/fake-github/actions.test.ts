import { readFileSync } from 'node:fs'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { openReceiver, type Receiver } from './support/receiver.ts'

const WIDGETS = 'acme/widgets'
const HERE = { owner: 'acme', repo: 'widgets' }
const DISPATCH = 'POST /repos/{owner}/{repo}/actions/workflows/plan.yml/dispatches'
let receiver: Receiver
let github: FakeGitHub
let installation: Octokit
let app: Octokit

beforeEach(async () => {
  receiver = await openReceiver()
  const grant = {
    permissions: { metadata: 'read', actions: 'write' },
    events: ['workflow_run', 'workflow_dispatch', 'issues'],
  } as const
  github = await openFakeGitHub({ webhookUrl: receiver.url, grant })
  const { appId, privateKey, installationId } = github
  const request = { log: { debug() {}, info() {}, warn() {}, error() {} } }
  const options = { baseUrl: github.url, authStrategy: createAppAuth, ...request, request }
  installation = new Octokit({ ...options, auth: { appId, privateKey, installationId } })
  app = new Octokit({ ...options, auth: { appId, privateKey } })
})

afterEach(async () => {
  await github.close()
  await receiver.close()
})

test('a dispatch begins a run whose name echoes the key, and answers with its id when asked', async () => {
  const received: string[] = []
  github.onDispatch((run, inputs) => received.push(`${run.state.title} for ${inputs.issue}`))
  const inputs = { issue: '42', andon: '42/plan/1-k3v9x' }
  const asked = await installation.request(DISPATCH, { ...HERE, ref: 'main', inputs, return_run_details: true })
  const silent = await installation.request(DISPATCH, { ...HERE, ref: 'main', inputs })
  expect([asked.status, silent.status]).toEqual([200, 204])
  expect(received).toEqual(['andon 42/plan/1-k3v9x for 42', 'andon 42/plan/1-k3v9x for 42'])
  const found = await installation.request('GET /repos/{owner}/{repo}/actions/workflows/plan.yml/runs', {
    ...HERE,
    event: 'workflow_dispatch',
    created: `>=${new Date(Date.now() - 60_000).toISOString()}`,
  })
  expect(found.data.total_count).toBe(2)
  expect(found.data.workflow_runs.at(-1)?.id).toBe(asked.data.workflow_run_id)
  await github.whenIdle()
  expect(receiver.names()).toBe('workflow_dispatch workflow_run.requested workflow_dispatch workflow_run.requested')
})

test('a dispatch that cannot be is refused', async () => {
  const refused = (route: string, body: object) =>
    installation.request(route, { ...HERE, ...body }).then(
      () => 0,
      (error) => error.status,
    )
  expect(await refused(DISPATCH, { ref: 'nowhere' })).toBe(422)
  expect(await refused(DISPATCH.replace('plan', 'unknown'), { ref: 'main' })).toBe(404)
  const inputs = Object.fromEntries(Array.from({ length: 26 }, (_, n) => [`i${n}`, 'x']))
  expect(await refused(DISPATCH, { ref: 'main', inputs })).toBe(422)
  expect(github.runs).toEqual([])
})

test('a dispatch is held against the trigger and the inputs that the workflow declares', async () => {
  const answer = (text: string, inputs: Record<string, string>) => {
    github.writeFile(WIDGETS, '.github/workflows/plan.yml', text)
    return installation.request(DISPATCH, { ...HERE, ref: 'main', inputs }).then(
      ({ status }) => status,
      (error) => error.response.data.message,
    )
  }
  const given = readFileSync('docs/workflows/plan.yml', 'utf8')
  expect(await answer(given, { issue: '1', andon: '1/plan/1-aaaaa' })).toBe(204)
  expect(await answer(given, { andon: '1/plan/1-aaaaa' })).toBe("Required input 'issue' not provided")
  expect(await answer(given, { issue: '1', body: 'x' })).toBe('Unexpected inputs provided: ["body"]')
  expect(await answer('on: push', { issue: '1' })).toBe("Workflow does not have 'workflow_dispatch' trigger")
})

test('a cancellation is accepted at once and done later, unless the run is deaf to it', async () => {
  const CANCEL = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel'
  const asked: string[] = []
  github.onCancel(({ id, state }, forced) => asked.push(`${id} ${state.status}${forced ? ', by force' : ''}`))
  const run = await github.startRun(WIDGETS, 'code.yml')
  run.start()
  run.job('code').start()
  expect((await installation.request(CANCEL, { ...HERE, run_id: run.id })).status).toBe(202)
  expect(run.state.conclusion).toBe('cancelled')
  await expect(installation.request(CANCEL, { ...HERE, run_id: run.id })).rejects.toMatchObject({ status: 409 })
  const deaf = await github.startRun(WIDGETS, 'code.yml')
  deaf.ignoreCancel()
  await installation.request(CANCEL, { ...HERE, run_id: deaf.id })
  expect(deaf.state.status).toBe('queued')
  await installation.request(CANCEL.replace('/cancel', '/force-cancel'), { ...HERE, run_id: deaf.id })
  expect(deaf.state.conclusion).toBe('cancelled')
  expect(asked).toEqual([`${run.id} in_progress`, `${deaf.id} queued`, `${deaf.id} queued, by force`])
})

test('steps are silent but can be read', async () => {
  const run = await github.startRun(WIDGETS, 'code.yml')
  run.start()
  const job = run.job('code', ['Check out', 'Write the code'])
  job.start()
  job.step()
  const { data } = await installation.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs', {
    ...HERE,
    run_id: run.id,
  })
  expect(data.jobs[0]?.steps?.map((step) => step.status)).toEqual(['completed', 'in_progress'])
})

test('the App reads its deliveries, and has one delivered again under the same GUID', async () => {
  receiver.respondWith(503)
  await github.openIssue(WIDGETS, { title: 'Missed' })
  await github.whenIdle()
  receiver.respondWith(202)
  await github.openIssue(WIDGETS, { title: 'Heard' })
  await github.whenIdle()
  const failed = await app.request('GET /app/hook/deliveries', { status: 'failure' })
  expect(failed.data).toMatchObject([{ event: 'issues', action: 'opened', status_code: 503, redelivery: false }])
  const [{ id, guid }] = failed.data as unknown as [{ id: number; guid: string }]
  const one = await app.request('GET /app/hook/deliveries/{delivery_id}', { delivery_id: id })
  expect(one.data.request.payload).toMatchObject({ issue: { title: 'Missed' } })
  const again = await app.request('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: id })
  expect(again.status).toBe(202)
  await expect.poll(() => receiver.received.length).toBe(3)
  expect(receiver.received.map((one) => one.guid)).toEqual([guid, expect.any(String), guid])
  const all = await app.request('GET /app/hook/deliveries')
  expect(all.data.map((delivery) => delivery.redelivery)).toEqual([true, false, false])
})

test('the log of deliveries comes in pages, newest first, each link with a cursor to the next', async () => {
  receiver.respondWith(202)
  for (const title of ['One', 'Two', 'Three', 'Four', 'Five']) await github.openIssue(WIDGETS, { title })
  await github.whenIdle()
  const pages: number[][] = []
  let query: Record<string, string> = { per_page: '2' }
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { data, headers } = await app.request('GET /app/hook/deliveries', query)
    pages.push(data.map(({ id }) => Number(id)))
    const next: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1]
    cursor = next === undefined ? null : new URL(next).searchParams.get('cursor')
    query = { per_page: '2', cursor: cursor ?? '' }
  }
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
  expect(pages.flat()).toEqual(pages.flat().toSorted((one, other) => other - one))
  await expect(app.request('GET /app/hook/deliveries', { cursor: 'nonsense' })).rejects.toMatchObject({ status: 422 })
})

test('one delivery is shown with what was sent, signature and all', async () => {
  receiver.respondWith(202)
  await github.openIssue(WIDGETS, { title: 'Retry on flaky upload' })
  await github.whenIdle()
  const [newest] = (await app.request('GET /app/hook/deliveries')).data
  const { data } = await app.request('GET /app/hook/deliveries/{delivery_id}', { delivery_id: Number(newest?.id) })
  expect(data.request.headers).toMatchObject({ 'x-github-delivery': newest?.guid, 'x-github-event': 'issues' })
  expect(data.url).toBe(github.deliveries.target())
})

test('the App reads how its webhook is set, and 404 if it is not active', async () => {
  const read = async () => (await app.request('GET /app/hook/config')).data
  expect(await read()).toEqual({
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
    url: github.deliveries.target(),
  })
  github.setHook({ contentType: 'form', insecureSsl: true, hasSecret: false, url: 'https://elsewhere.example.com/' })
  expect(await read()).toEqual({ content_type: 'form', insecure_ssl: '1', url: 'https://elsewhere.example.com/' })
  github.setHook({ active: false })
  await expect(read()).rejects.toMatchObject({ status: 404 })
})

test('the App lists its installations, and an installation its repositories', async () => {
  const listed = await app.request('GET /app/installations', { per_page: 1 })
  expect(listed.data).toMatchObject([{ id: github.installationId, account: { login: 'acme' }, suspended_at: null }])
  const repositories = await installation.request('GET /installation/repositories', { per_page: 1 })
  expect(repositories.data).toMatchObject({ total_count: 2, repositories: [{ full_name: WIDGETS }] })
  expect(repositories.headers.link).toContain('rel="next"')
  github.uninstall()
  expect((await app.request('GET /app/installations')).data).toEqual([])
})
