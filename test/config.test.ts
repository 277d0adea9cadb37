import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { StartupError } from '../src/process/environment.ts'
import { webhookUrlOf } from '../src/process/webhook-url.ts'

const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

const GOOD = {
  APP_ID: '123',
  PRIVATE_KEY: PEM.replaceAll('\n', '\\n'),
  WEBHOOK_SECRET: 'a'.repeat(40),
}

const directory = mkdtempSync(join(tmpdir(), 'andon-config-'))
afterAll(() => rmSync(directory, { recursive: true }))

function fileOf(text: string): string {
  const path = join(directory, 'key.pem')
  writeFileSync(path, text)
  return path
}

function sentencesOf(role: Parameters<typeof readConfig>[0], environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(role, environment)
  } catch (error) {
    if (error instanceof StartupError) return error.sentences
    throw error
  }
  return []
}

describe('a good environment', () => {
  test('gets the documented defaults', () => {
    const config = readConfig('all', GOOD)
    expect(config).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      githubApiUrl: 'https://api.github.com',
      githubUrl: 'https://github.com',
      oidcIssuer: 'https://token.actions.githubusercontent.com',
      databaseUrl: null,
      dataDirectory: '.andon',
      access: 'login',
      baseUrl: 'http://localhost:3000',
      logLevel: 'info',
    })
    expect(config.app?.privateKey).toBe(PEM)
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('listens on every address in production', () => {
    const database = { DATABASE_URL: 'postgres://localhost/andon', BASE_URL: 'https://andon.example.com' }
    const config = readConfig('all', { ...GOOD, NODE_ENV: 'production', ...database })
    expect(config.host).toBe('0.0.0.0')
  })

  test('names several secrets while one is being rotated', () => {
    const secrets = readConfig('all', {
      ...GOOD,
      WEBHOOK_SECRET: `${'n'.repeat(32)}, ${'o'.repeat(32)}`,
    }).app?.webhookSecrets
    expect(secrets).toEqual(['n'.repeat(32), 'o'.repeat(32)])
  })

  test('may name the file of the key', () => {
    const config = readConfig('all', { ...GOOD, PRIVATE_KEY: '', PRIVATE_KEY_PATH: fileOf(PEM) })
    expect(config.app?.privateKey).toBe(PEM)
  })

  test('signs people in with a client, and needs no secret of its own on one machine', () => {
    const client = { GITHUB_CLIENT_ID: 'Iv1', GITHUB_CLIENT_SECRET: 'x' }
    const config = readConfig('all', { ...GOOD, ...client, ANDON_OPERATORS: 'ada, Grace' })
    expect(config).toMatchObject({
      app: { client: { id: 'Iv1', secret: 'x' } },
      secret: null,
      operators: ['ada', 'Grace'],
    })
    const database = { DATABASE_URL: 'postgres://localhost/andon' }
    expect(readConfig('web', { ...GOOD, ...client, ...database, ANDON_ACCESS: 'open' }).secret).toBeNull()
    expect(sentencesOf('worker', { ...GOOD, ...client, ...database }).join()).toMatch(/^ANDON_SECRET is not set/)
  })

  test('may name no App: one is registered later, and nothing but its database says so', () => {
    expect(readConfig('all', {})).toMatchObject({ app: null, secret: null })
    const [DATABASE_URL, ANDON_SECRET] = ['postgres://localhost/andon', 's'.repeat(32)]
    for (const role of ['all', 'web', 'worker'] as const) {
      expect(readConfig(role, { DATABASE_URL, ANDON_SECRET }).app).toBeNull()
      // Every process must be able to open what one of them has stored.
      expect(sentencesOf(role, { DATABASE_URL }).join()).toMatch(/^ANDON_SECRET is not set/)
    }
  })

  test.each(['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET', 'PRIVATE_KEY_PATH', 'GITHUB_CLIENT_ID'])(
    'that names only %s is half an App, and a mistake',
    (name) => {
      const value = name === 'APP_ID' ? '1' : name === 'PRIVATE_KEY' ? PEM : 'x'.repeat(32)
      expect(sentencesOf('all', { [name]: value }).length).toBeGreaterThan(1)
    },
  )

  test('needs no App to migrate', () => {
    expect(readConfig('migrate', { DATABASE_URL: 'postgres://localhost/andon' }).role).toBe('migrate')
  })
})

describe('a bad environment is one sentence', () => {
  const bad: readonly [string, Parameters<typeof readConfig>[0], NodeJS.ProcessEnv, string][] = [
    ['without a secret', 'all', { WEBHOOK_SECRET: '' }, 'WEBHOOK_SECRET is not set'],
    ["with Probot's public secret", 'all', { WEBHOOK_SECRET: 'development' }, 'WEBHOOK_SECRET is too easy to guess'],
    ['with a secret of ten characters', 'all', { WEBHOOK_SECRET: 'abcdefghij' }, 'WEBHOOK_SECRET is too easy to guess'],
    ['with one weak secret among good ones', 'all', { WEBHOOK_SECRET: `${'g'.repeat(40)},short` }, 'too easy to guess'],
    ['with half a client', 'all', { GITHUB_CLIENT_ID: 'Iv1' }, 'GITHUB_CLIENT_SECRET is not set'],
    ['with the other half', 'all', { GITHUB_CLIENT_SECRET: 'x' }, 'GITHUB_CLIENT_ID is not set'],
    ['with a weak secret of its own', 'all', { ANDON_SECRET: 'short' }, 'ANDON_SECRET is too easy to guess'],
    [
      'signing in without a secret that all processes know',
      'web',
      { GITHUB_CLIENT_ID: 'Iv1', GITHUB_CLIENT_SECRET: 'x', DATABASE_URL: 'postgres://localhost/andon' },
      'ANDON_SECRET is not set',
    ],
    [
      'with a webhook proxy in production',
      'all',
      { NODE_ENV: 'production', WEBHOOK_PROXY_URL: 'https://smee.io/a-channel' },
      'WEBHOOK_PROXY_URL is for development only',
    ],
    ['with a proxy that is no URL', 'all', { WEBHOOK_PROXY_URL: 'smee.io/x' }, 'WEBHOOK_PROXY_URL is not a URL'],
    ['with a proxy and no channel', 'all', { WEBHOOK_PROXY_URL: 'https://smee.io/' }, 'names no channel'],
    ['without an App', 'all', { APP_ID: '' }, 'APP_ID is not set'],
    ['with an App that is no number', 'all', { APP_ID: '12x' }, 'APP_ID is not a whole number'],
    ['without a key', 'web', { PRIVATE_KEY: '', DATABASE_URL: 'postgres://localhost/a' }, 'PRIVATE_KEY is not set'],
    ['with a key that is no PEM', 'all', { PRIVATE_KEY: 'hello' }, 'PRIVATE_KEY is not a readable PEM key'],
    [
      'with a key and a file of one',
      'all',
      { PRIVATE_KEY_PATH: '/etc/andon.pem' },
      'PRIVATE_KEY and PRIVATE_KEY_PATH are both set',
    ],
    [
      'with a key file that is not there',
      'all',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: join(directory, 'none.pem') },
      'PRIVATE_KEY_PATH cannot be read (ENOENT)',
    ],
    [
      'with a key file that is a folder',
      'all',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: directory },
      'PRIVATE_KEY_PATH cannot be read (EISDIR)',
    ],
    [
      'with the key itself where its file belongs',
      'all',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: PEM },
      'PRIVATE_KEY_PATH cannot be read',
    ],
    [
      'with a key file that holds none',
      'all',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: 'package.json' },
      'PRIVATE_KEY_PATH does not name a readable PEM key',
    ],
    ['with a URL that is none', 'all', { BASE_URL: 'andon.example' }, 'BASE_URL is not a URL'],
    [
      'with a path in its address',
      'all',
      { BASE_URL: 'https://example.com/andon' },
      'BASE_URL must be a scheme and a host only',
    ],
    [
      'in production without an address',
      'web',
      { NODE_ENV: 'production', DATABASE_URL: 'postgres://localhost/andon' },
      'BASE_URL is not set',
    ],
    ['with a URL of another kind', 'all', { GITHUB_API_URL: 'ftp://github.com' }, 'GITHUB_API_URL is not a URL'],
    [
      'with a database that is not Postgres',
      'all',
      { DATABASE_URL: 'mysql://x/y' },
      'DATABASE_URL is not a Postgres URL',
    ],
    ['in production without a database', 'all', { NODE_ENV: 'production' }, 'DATABASE_URL is not set'],
    ['as web without a database', 'web', {}, 'DATABASE_URL is not set'],
    ['as worker without a database', 'worker', {}, 'DATABASE_URL is not set'],
    ['as migrate without a database', 'migrate', {}, 'DATABASE_URL is not set'],
    ['with a port out of range', 'all', { PORT: '70000' }, 'PORT is not a whole number from 0 to 65535'],
    ['with an unknown access', 'all', { ANDON_ACCESS: 'public' }, 'ANDON_ACCESS must be one of login, open'],
  ]
  test.each(bad)('%s', (_name, role, environment, sentence) => {
    const read = () => readConfig(role, { ...GOOD, ...environment })
    expect(read).toThrow(StartupError)
    expect(read).toThrow(sentence)
  })

  test('and every mistake is named at once', () => {
    const sentences = sentencesOf('web', { ANDON_ACESS: 'open', PORT: 'x', NODE_ENV: 'production', APP_ID: 'one' })
    expect(sentences.map((sentence) => sentence.split(/ is |:/)[0])).toEqual([
      'ANDON_ACESS',
      'DATABASE_URL',
      'PORT',
      'APP_ID',
      'PRIVATE_KEY',
      'WEBHOOK_SECRET',
      'BASE_URL',
    ])
    for (const sentence of sentences) expect(sentence).toMatch(/^[^\n]+[.?]$/)
  })

  test('never repeats a secret or a key', () => {
    const messages = bad.map(([, role, environment]) => {
      try {
        return String(readConfig(role, { ...GOOD, ...environment }))
      } catch (error) {
        return (error as Error).message
      }
    })
    for (const message of messages) expect(message).not.toMatch(/abcdefghij|hello|mysql:\/\/x|BEGIN PRIVATE KEY-----\S/)
  })
})

describe('GitHub posts', () => {
  const urlOf = (environment: NodeJS.ProcessEnv) => webhookUrlOf(readConfig('all', { ...GOOD, ...environment }))
  const WEBHOOK_PROXY_URL = 'https://smee.io/a-channel'

  test('to the board, and to the proxy where the board is on this machine', () => {
    expect(urlOf({})).toBe('http://localhost:3000/api/github/webhooks')
    expect(urlOf({ WEBHOOK_PROXY_URL })).toBe(WEBHOOK_PROXY_URL)
    expect(urlOf({ WEBHOOK_PROXY_URL, BASE_URL: 'http://127.0.0.1:3000' })).toBe(WEBHOOK_PROXY_URL)
    expect(urlOf({ WEBHOOK_PROXY_URL, BASE_URL: 'https://andon.example.com' })).toBe(
      'https://andon.example.com/api/github/webhooks',
    )
  })
})

describe('a misspelt variable', () => {
  test.each([
    ['ANDON_ACESS', 'ANDON_ACCESS'],
    ['ANDON_DTA', 'ANDON_DATA'],
    ['ANDON_DATE', 'ANDON_DATA'],
  ])('%s is refused, for the name is ours', (name, right) => {
    expect(sentencesOf('all', { ...GOOD, [name]: 'x' })).toEqual([
      `${name} is not a variable of Andon: did you mean ${right}?`,
    ])
  })

  test.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['WEB_HOOK_SECRET', 'WEBHOOK_SECRET'],
    ['BASE_URI', 'BASE_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['GITHUB_API_UTL', 'GITHUB_API_URL'],
  ])('%s is warned of, for it may belong to other software', (name, right) => {
    const { [right]: _unset, ...rest }: NodeJS.ProcessEnv = { ...GOOD, [name]: 'x' }
    const warning = `${name} is not a variable of Andon: did you mean ${right}?`
    if (right in GOOD) expect(sentencesOf('all', rest)).toContain(warning)
    else expect(readConfig('all', rest).warnings).toEqual([warning])
  })

  test.each([
    'PGHOST',
    'HOSTNAME',
    'PATH',
    'HOME',
    'POST',
    'APP_UID',
    'ANDON_PORT',
    'ANDON_SERVICE_HOST',
    'APP_DIR',
    'GITHUB_ENV',
    'GITHUB_REF',
    'NODE_PATH',
    'LOG_DIR',
  ])('%s is another word', (name) => {
    expect(readConfig('all', { ...GOOD, [name]: 'x' }).warnings).toEqual([])
  })

  test('that stands beside the right one is not named', () => {
    expect(readConfig('all', { ...GOOD, BASE_URI: '/', BASE_URL: 'https://a.example' }).warnings).toEqual([])
  })
})
