import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openGitHub } from '../../src/github/client.ts'
import { openTokenVerifier } from '../../src/github/oidc.ts'
import { translate } from '../../src/translate/translate.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { openReceiver, type Receiver } from './support/receiver.ts'

const WIDGETS = 'acme/widgets'
const FILE = '.github/andon.yml'
const now = () => new Date().toISOString()
const log = pino({ level: 'silent' })

let receiver: Receiver
let github: FakeGitHub

beforeEach(async () => {
  receiver = await openReceiver()
  github = await openFakeGitHub({ webhookUrl: receiver.url })
})

afterEach(async () => {
  await github.close()
  await receiver.close()
})

test('a file on the default branch is read as it was written, and its push is told', async () => {
  const text = `stages:\n  plan: { workflow: plan.yml } # ${'ü'.repeat(90)}\n`
  const { appId, privateKey, url: apiUrl, installationId } = github
  const where = { installationId, repositoryId: github.repositoryId(WIDGETS), owner: 'acme', name: 'widgets' }
  const client = openGitHub({ appId, privateKey, apiUrl, now, log })
  expect((await client.readConfiguration(where, null)).text).toBeNull()
  github.writeFile(WIDGETS, FILE, text, 'ada')
  const read = await client.readConfiguration(where, null)
  expect(read).toMatchObject({ text, source: 'repository', sha: expect.stringMatching(/^[0-9a-f]{40}$/) })
  github.writeFile(WIDGETS, FILE, null, 'ada')
  expect((await client.readConfiguration(where, null)).text).toBeNull()
  await github.whenIdle()
  const pushes = receiver.received.filter(({ event }) => event === 'push')
  const received = pushes.map(
    ({ event, payload, guid }) => translate(event, payload, { guid, receivedAt: now() })?.type,
  )
  expect(received).toEqual(['configuration.pushed', 'configuration.pushed'])
})

test('a workflow that does not echo the key is titled as GitHub would title it', async () => {
  github.writeFile(
    WIDGETS,
    '.github/workflows/plan.yml',
    'name: plan\non:\n  workflow_dispatch:\n    inputs: { issue: {}, andon: {} }\n',
  )
  const { appId, privateKey, url: apiUrl, installationId } = github
  const where = { installationId, repositoryId: github.repositoryId(WIDGETS), owner: 'acme', name: 'widgets' }
  const client = openGitHub({ appId, privateKey, apiUrl, now, log })
  const sendBy = new Date(Date.now() + 10_000).toISOString()
  await client.dispatchWorkflow(where, {
    workflow: 'plan.yml',
    ref: 'main',
    inputs: { issue: '1', andon: '1/plan/1-aaaaa' },
    sendBy,
  })
  expect(github.runs.at(-1)?.state.title).toBe('plan')
})

test('a run’s token proves which run it is, at the address it was made for', async () => {
  const run = await github.startRun(WIDGETS, 'plan.yml')
  const audience = 'http://127.0.0.1:4000'
  const prove = openTokenVerifier({ issuer: github.oidcIssuer, audience, now, log })
  expect(await prove(await github.idToken(run, audience))).toEqual({
    kind: 'run',
    repositoryId: github.repositoryId(WIDGETS),
    runId: run.id,
    runAttempt: 1,
  })
  expect((await prove(await github.idToken(run, 'http://127.0.0.1:4001'))).kind).toBe('untrusted')
})
