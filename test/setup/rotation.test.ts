// A webhook secret and a key are replaced while processes run: through the door, over either database.
import { createHmac } from 'node:crypto'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppCredentials } from '../../src/config.ts'
import { openAppReads } from '../../src/github/app-settings.ts'
import { openRequests } from '../../src/github/request.ts'
import { setWebhookSecret } from '../../src/github/webhook-secret.ts'
import type { AppHost } from '../../src/process/app-host.ts'
import { openAppStore } from '../../src/process/app-store.ts'
import {
  dropFormerSecrets,
  type Rotation,
  replaceCredentials,
  rotateWebhookSecret,
} from '../../src/process/rotation.ts'
import { openSetupWorld, type SetupWorld } from './support/setup-world.ts'

const NEW = 'another-secret-that-only-tests-know-4567'

let world: SetupWorld
let urls: readonly string[]
let rotation: Rotation
beforeEach(async () => {
  world = await openSetupWorld()
  const browser = await world.admitted()
  await browser.get(await world.confirmAtGitHub(browser))
  const other = await world.startHost('web')
  urls = [world.url, `http://127.0.0.1:${await other.listen()}`]
  rotation = await openRotation([world.host, other])
})
afterEach(() => world.close())

async function openRotation(hosts: readonly AppHost[]): Promise<Rotation> {
  const { database, dataDirectory } = world
  const store = await openAppStore({
    database,
    config: { secret: 'a-secret-that-seals-tokens-of-people', dataDirectory },
  })
  return {
    ...store,
    inUse: async () => void (await Promise.all(hosts.map((host) => host.lookAgain()))),
    setAtGitHub: (app, secret) => setWebhookSecret(requestsOf(app), secret),
  }
}

function requestsOf({ appId, privateKey }: AppCredentials) {
  const { github, clock } = world
  const log = pino({ level: 'silent' })
  return openRequests({ appId, privateKey, apiUrl: github.url, now: clock.now, log, fetch: github.fetch })
}

let sent = 0
async function answersTo(secret: string): Promise<readonly number[]> {
  const body = JSON.stringify({ zen: 'Design for failure.', hook_id: 1 })
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'ping',
    'x-github-hook-id': '1',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
  const statuses = urls.map(async (url) => {
    sent += 1
    const guid = `00000000-0000-4000-8000-${String(sent).padStart(12, '0')}`
    const answer = await fetch(`${url}/api/github/webhooks`, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-github-delivery': guid },
    })
    return answer.status
  })
  return await Promise.all(statuses)
}

test('GitHub signs with the new secret when every process accepts it, and the former is refused when it is dropped', async () => {
  const { github } = world
  const former = github.webhookSecret
  let atGitHub: readonly number[] = []
  const setAtGitHub: Rotation['setAtGitHub'] = async (app, secret) => {
    atGitHub = [...(await answersTo(secret)), ...(await answersTo(former))]
    await rotation.setAtGitHub(app, secret)
  }
  expect(await rotateWebhookSecret({ ...rotation, setAtGitHub }, () => NEW)).toEqual({ state: 'done' })
  expect(atGitHub).toEqual([202, 202, 202, 202])
  expect(github.deliveries.secret).toBe(NEW)
  expect(await dropFormerSecrets(rotation)).toEqual({ state: 'done' })
  await rotation.inUse()
  expect(await answersTo(NEW)).toEqual([202, 202])
  expect(await answersTo(former)).toEqual([401, 401])
  expect(await dropFormerSecrets(rotation)).toEqual({ state: 'nothing-to-drop' })
})

test('if GitHub fails, both secrets are accepted, nothing is dropped, and the command goes on with the same secret', async () => {
  const { github } = world
  for (const kind of ['unreachable', '502-after', 'forbidden'] as const) {
    github.injectFault({ requests: 'other', kind, maxTimes: 1 })
    await expect(rotateWebhookSecret(rotation, () => NEW)).rejects.toThrow()
    expect([...(await answersTo(NEW)), ...(await answersTo(github.webhookSecret))]).toEqual([202, 202, 202, 202])
  }
  github.injectFault({ requests: 'other', kind: 'unreachable', maxTimes: 1 })
  await expect(dropFormerSecrets(rotation)).rejects.toThrow()
  expect((await rotation.load())?.webhookSecrets).toEqual([NEW, github.webhookSecret])
  expect(await rotateWebhookSecret(rotation, () => 'never used')).toEqual({ state: 'done' })
  expect(github.deliveries.secret).toBe(NEW)
})

test('a process goes over to another key, and the former can be deleted at GitHub', async () => {
  const { github } = world
  const app = await rotation.load()
  if (app === null) throw new Error('no App is stored')
  const next = { ...app, privateKey: github.addPrivateKey() }
  expect((await openAppReads(requestsOf(next)).readApp()).settings.id).toBe(app.appId)
  await world.host.startWorker({ stopAsked: () => undefined })
  expect(await replaceCredentials(rotation, app, next)).toEqual({ state: 'done' })
  github.deletePrivateKey(app.privateKey)
  expect(await answersTo(github.webhookSecret)).toEqual([202, 202])
  await expect(rotation.setAtGitHub(app, NEW)).rejects.toThrow()
  await rotation.setAtGitHub(next, NEW)
  // Of two commands at once, one is told.
  expect(await replaceCredentials(rotation, app, next)).toEqual({ state: 'changed-meanwhile' })
})
