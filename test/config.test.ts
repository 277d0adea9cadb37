import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readConfig, StartupError } from '../src/config.ts'

const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

const GOOD = {
  APP_ID: '123',
  PRIVATE_KEY: PEM.replaceAll('\n', '\\n'),
  WEBHOOK_SECRET: 'a'.repeat(40),
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
    expect(config.privateKey).toBe(PEM)
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
    }).webhookSecrets
    expect(secrets).toEqual(['n'.repeat(32), 'o'.repeat(32)])
  })

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
    ['without an App', 'all', { APP_ID: '' }, 'APP_ID is not set'],
    ['with an App that is no number', 'all', { APP_ID: '12x' }, 'APP_ID is not a whole number'],
    ['without a key', 'web', { PRIVATE_KEY: '', DATABASE_URL: 'postgres://localhost/a' }, 'PRIVATE_KEY is not set'],
    ['with a key that is no PEM', 'all', { PRIVATE_KEY: 'hello' }, 'PRIVATE_KEY is not a readable PEM key'],
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
