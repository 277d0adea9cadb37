// An App that is stored: what reads it, and what says that it cannot be read.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectReadings } from '../../src/cli/collect-readings.ts'
import { type AppCredentials, readPartialConfig } from '../../src/config.ts'
import { openAppStore, UnreadableApp } from '../../src/process/app-store.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})
const APP: AppCredentials = {
  appId: 7,
  privateKey,
  webhookSecrets: ['s'.repeat(40)],
  client: { id: 'Iv1', secret: 'c' },
}
const SECRET = 'a-secret-of-at-least-32-characters-x'

let database: TestDatabase
let dataDirectory: string
beforeEach(async () => {
  database = await openTestDatabase()
  dataDirectory = mkdtempSync(join(tmpdir(), 'andon-stored-'))
})
afterEach(async () => {
  await database.close()
  rmSync(dataDirectory, { recursive: true, force: true })
})

const open = (secret = SECRET) => openAppStore({ database, config: { secret, dataDirectory } })
const damage = async () => {
  writeFileSync(join(dataDirectory, 'app.json'), '{"appId": 7}')
  await database.kysely.updateTable('app').set({ sealedCredentials: 'x' }).execute()
}

test('it is read as it was stored, and is never replaced by a second registration', async () => {
  const store = await open()
  expect(await store.load()).toBeNull()
  const stored = await Promise.all([store.insert(APP), store.insert({ ...APP, appId: 8 })])
  expect(stored.toSorted()).toEqual([false, true])
  expect(await store.load()).toEqual({ ...APP, appId: stored[0] ? 7 : 8 })
  expect(await store.insert({ ...APP, appId: 9 })).toBe(false)
})

test('if it is damaged, or sealed with another secret, a start says so in one sentence', async () => {
  await (await open()).insert(APP)
  if (database.kind === 'postgres')
    await expect((await open('another-secret-of-at-least-32-chars')).load()).rejects.toThrow('another ANDON_SECRET')
  await damage()
  const failure = await (await open()).load().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UnreadableApp)
  expect((failure as UnreadableApp).sentences).toHaveLength(1)
})

test('the doctor examines it, and says when there is none', async () => {
  const environment = {
    ANDON_DATA: dataDirectory,
    ANDON_SECRET: SECRET,
    GITHUB_API_URL: 'http://127.0.0.1:9',
    GITHUB_URL: 'http://127.0.0.1:9',
    BASE_URL: 'http://127.0.0.1:9',
    ...(database.url !== undefined && { DATABASE_URL: database.url }),
  }
  const examine = () => collectReadings(readPartialConfig('all', environment))
  expect(await examine()).toMatchObject({
    github: null,
    mistakes: [expect.stringMatching(/^no GitHub App is registered/)],
  })
  await (await open()).insert(APP)
  const { github, mistakes } = await examine()
  expect(mistakes).toEqual([])
  expect(github).not.toBeNull()
  await damage()
  expect((await examine()).mistakes.join()).toMatch(/is damaged|another ANDON_SECRET/)
})
