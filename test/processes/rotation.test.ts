// `app secret rotate`, `app key` and `app secret drop` against a web and a worker on Postgres, while deliveries come.
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openAppStore } from '../../src/process/app-store.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { FAKE_GITHUB_SECRET, openFakeGitHub } from '../support/fake-github.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'

const directory = mkdtempSync(join(tmpdir(), 'andon-rotation-'))
const SECRET = 'a-secret-that-seals-tokens-of-people'
const PAUSE_MS = repetitions(20, 0)

afterAll(async () => {
  await stopAllProcesses()
  rmSync(directory, { recursive: true, force: true })
})

test('a secret and a key are replaced while deliveries come, and none of them is refused or lost', async () => {
  const github = await openFakeGitHub()
  const database = await openTestDatabase('postgres')
  const store = await openAppStore({ database, config: { secret: SECRET, dataDirectory: directory } })
  const { appId, privateKey, client } = github
  await store.insert({ appId, privateKey, webhookSecrets: [FAKE_GITHUB_SECRET], client })
  const environment = {
    APP_ID: undefined,
    PRIVATE_KEY: undefined,
    WEBHOOK_SECRET: undefined,
    DATABASE_URL: database.url,
    ANDON_SECRET: SECRET,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
    OIDC_ISSUER: github.oidcIssuer,
    LOG_LEVEL: 'warn',
  }
  const [web, worker] = [await startAndonProcess('web', environment), await startAndonProcess('worker', environment)]
  await web.ready()
  const printed: string[] = []
  async function run(...words: string[]): Promise<number | null> {
    const command = await startAndonProcess('app', environment, words)
    const { code } = await command.exited()
    printed.push(command.output())
    return code
  }

  const answers = new Map<string, number[]>()
  let streaming = true
  const deliver = async (secret: string, kind: string) => {
    const body = JSON.stringify({ zen: kind, hook_id: 1 })
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-github-hook-id': '1',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }
    const { status } = await fetch(`${web.url}/api/github/webhooks`, { method: 'POST', body, headers })
    answers.set(kind, [...(answers.get(kind) ?? []), status])
    return status
  }
  // As GitHub signs, and as it did before: until the former is dropped both are good.
  async function stream(): Promise<void> {
    while (streaming) {
      await deliver(github.deliveries.secret, 'current')
      await deliver(FAKE_GITHUB_SECRET, 'former')
      // As many as can be sent would only take the processor from those who hear of the change.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  const streamed = stream()
  expect(await run('secret', 'rotate')).toBe(0)
  expect(github.deliveries.secret).not.toBe(FAKE_GITHUB_SECRET)
  const pem = join(directory, 'new.pem')
  writeFileSync(pem, github.addPrivateKey())
  expect(await run('key', pem)).toBe(0)
  github.deletePrivateKey(privateKey)
  streaming = false
  await streamed
  const counts = Object.fromEntries([...answers].map(([kind, statuses]) => [kind, statuses.length]))
  const refused = [...answers.values()].flat().filter((status) => status !== 202).length
  expect(refused).toBe(0)

  expect(await run('secret', 'drop')).toBe(0)
  await waitUntil('the former secret is refused', async () => (await deliver(FAKE_GITHUB_SECRET, 'dropped')) === 401)
  expect(await deliver(github.deliveries.secret, 'newest')).toBe(202)

  // The worker writes with the new key: the old is deleted.
  const repository = 'acme/widgets'
  github.deliveries.setTarget(`${web.url}/api/github/webhooks`)
  const number = await github.openIssue(repository, { title: 'After the rotation', labels: ['andon'] })
  await waitUntil('the worker comments', () => github.comments(repository, number).length > 0)
  const all = [...printed, web.output(), worker.output()].join('\n')
  for (const secret of [github.deliveries.secret, FAKE_GITHUB_SECRET, client.secret, 'PRIVATE KEY'])
    expect(all).not.toContain(secret)
  recordMeasurements('rotation', { ...counts, refused })
  await stopAllProcesses()
  await github.close()
  await database.close()
}, 150_000)

test('beside the embedded database the running process goes over at once, and without one the file is changed', async () => {
  const github = await openFakeGitHub()
  const data = join(directory, 'data')
  const database = await openTestDatabase('embedded')
  const store = await openAppStore({ database, config: { secret: null, dataDirectory: data } })
  mkdirSync(data, { mode: 0o700 })
  const { appId, privateKey, webhookSecret, client } = github
  await store.insert({ appId, privateKey, webhookSecrets: [webhookSecret], client })
  const environment = {
    APP_ID: undefined,
    PRIVATE_KEY: undefined,
    WEBHOOK_SECRET: undefined,
    ANDON_DATA: data,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
  }
  async function run(changes: Readonly<Record<string, string>>, ...words: string[]) {
    const command = await startAndonProcess('app', { ...environment, ...changes }, words)
    return { code: (await command.exited()).code, output: command.output() }
  }
  const andon = await startAndonProcess('all', environment)
  await andon.ready()
  expect(await run({}, 'secret', 'rotate')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^GitHub signs with/),
  })
  const shown = JSON.parse((await run({}, 'show', '--json')).output)
  expect(shown).toMatchObject({ source: 'file', appId, webhookSecrets: 2, clientId: client.id })
  github.deliveries.setTarget(`${andon.url}/api/github/webhooks`)
  await github.openIssue('acme/widgets', { title: 'Signed with the new secret' })
  await github.whenIdle()
  expect(new Set(github.deliveries.log.map(({ statusCode }) => statusCode))).toEqual(new Set([202]))

  const file = join(directory, 'input')
  writeFileSync(file, 'no key')
  expect((await run({}, 'key', file)).code).toBe(65)
  const strange = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
  })
  writeFileSync(file, strange)
  expect(await run({}, 'key', file)).toMatchObject({ code: 1, output: expect.stringContaining('nothing was changed') })
  writeFileSync(file, 'no secret')
  expect((await run({}, 'client-secret', file)).code).toBe(1)
  const clientSecret = github.addClientSecret()
  writeFileSync(file, `${clientSecret}\n`)
  expect((await run({}, 'client-secret', file)).code).toBe(0)
  expect((await store.load())?.client?.secret).toBe(clientSecret)

  await andon.stop()
  expect((await run({}, 'secret', 'drop')).code).toBe(0)
  expect((await store.load())?.webhookSecrets).toEqual([github.deliveries.secret])
  expect((await run({}, 'secret', 'drop')).code).toBe(1)
  expect((await run({}, 'secret')).code).toBe(64)
  const named = { APP_ID: String(appId), PRIVATE_KEY: privateKey, WEBHOOK_SECRET: webhookSecret }
  const refused = await run(named, 'secret', 'rotate')
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('change WEBHOOK_SECRET there') })
  expect((await run({ GITHUB_API_URL: 'http://127.0.0.1:9' }, 'secret', 'rotate')).code).toBe(2)
  expect((await run({}, 'secret', 'rotate')).code).toBe(0)
  await github.close()
  await database.close()
}, 150_000)
