// What the doctor concludes from readings that no test can bring about for real.
import { describe, expect, test } from 'vitest'
import { appPageOf, examineApp } from '../../src/doctor/app.ts'
import { type DatabaseReading, examineDatabase } from '../../src/doctor/database.ts'
import type { ReadingFailure } from '../../src/doctor/finding.ts'
import { examineInstallations } from '../../src/doctor/installations.ts'
import { examineDisk } from '../../src/doctor/machine.ts'
import { examineSite, type SiteReading } from '../../src/doctor/site.ts'
import { examineDeliveries, examineWebhook } from '../../src/doctor/webhook.ts'
import { ALWAYS_DELIVERED, HANDLED_WEBHOOK_NAMES } from '../../src/translate/handled-webhooks.ts'
import { REQUIRED_PERMISSIONS } from '../../src/translate/required-permissions.ts'

const MIB = 1024 * 1024
const PAGE = 'https://github.com/organizations/acme/settings/apps/andon'
const SETTINGS = {
  id: 1,
  slug: 'andon',
  owner: { login: 'acme', type: 'Organization' },
  clientId: null,
  permissions: REQUIRED_PERMISSIONS,
  events: HANDLED_WEBHOOK_NAMES.filter((name) => !ALWAYS_DELIVERED.includes(name)),
}
const GITHUB = { apiUrl: 'https://api.github.com', githubUrl: 'https://github.com' }

test("the App's page is under its owner, which is an organisation or a person", () => {
  expect(appPageOf(SETTINGS, 'https://github.com')).toBe(PAGE)
  const ofPerson = { ...SETTINGS, owner: { login: 'ada', type: 'User' } }
  expect(appPageOf(ofPerson, 'https://ghe.example.com')).toBe('https://ghe.example.com/settings/apps/andon')
})

test.each([
  [0, null, "agrees with GitHub's"],
  [29_000, null, "29 s from GitHub's"],
  [-29_000, null, "29 s from GitHub's"],
  [31_000, 'clock-differs', "this machine's clock is 31 s ahead of GitHub's"],
  [-600_000, 'clock-differs', "this machine's clock is 10 min behind GitHub's"],
])('a clock that is %i ms ahead', (clockAheadMs, cause, what) => {
  const findings = examineApp({ value: { settings: SETTINGS, clockAheadMs } }, GITHUB)
  expect(findings.find(({ check }) => check === 'clock')).toMatchObject({ cause, what })
})

test('a permission at a lower level is missing, a higher one is not', () => {
  const permissions = { ...REQUIRED_PERMISSIONS, issues: 'read', contents: 'write' }
  const findings = examineApp({ value: { settings: { ...SETTINGS, permissions }, clockAheadMs: null } }, GITHUB)
  expect(findings.filter(({ state }) => state !== 'ok').map(({ what }) => what)).toEqual([
    'the App lacks issues: write',
  ])
})

describe('the log of deliveries', () => {
  const attempt = (statusCode: number, status: string, guid = 'a') => ({
    guid,
    status,
    statusCode,
    deliveredAt: '2026-11-20T08:00:00.000Z',
  })
  const causeOf = (...attempts: readonly ReturnType<typeof attempt>[]) =>
    examineDeliveries({ value: attempts }, PAGE).cause

  test.each([
    [200, 'OK', null],
    [202, 'OK', null],
    [301, 'OK', 'deliveries-redirected'],
    [307, 'OK', 'deliveries-redirected'],
    [400, 'Invalid HTTP Response: 400', 'deliveries-changed'],
    [401, 'Invalid HTTP Response: 401', 'deliveries-secret'],
    [403, 'Invalid HTTP Response: 403', 'deliveries-blocked'],
    [404, 'Invalid HTTP Response: 404', 'deliveries-elsewhere'],
    [413, 'Invalid HTTP Response: 413', 'deliveries-too-large'],
    [415, 'Invalid HTTP Response: 415', 'deliveries-changed'],
    [418, 'Invalid HTTP Response: 418', 'deliveries-refused'],
    [500, 'Invalid HTTP Response: 500', 'deliveries-not-stored'],
    [502, 'Invalid HTTP Response: 502', 'deliveries-gateway'],
    [503, 'Invalid HTTP Response: 503', 'deliveries-not-stored'],
    [502, 'failed to connect to host', 'deliveries-unreachable'],
    [0, 'failed to connect to host', 'deliveries-unreachable'],
    [504, 'timed out', 'deliveries-time-out'],
    [0, 'timed out', 'deliveries-time-out'],
    [0, 'Peer certificate cannot be authenticated with given CA certificates', 'deliveries-certificate'],
  ])('%i "%s" means %s', (statusCode, status, cause) => {
    expect(causeOf(attempt(statusCode, status))).toBe(cause)
  })

  test('a delivery that failed and arrived later is not lost', () => {
    expect(causeOf(attempt(202, 'OK'), attempt(503, 'Invalid HTTP Response: 503'))).toBeNull()
    expect(causeOf(attempt(202, 'OK', 'b'), attempt(503, 'Invalid HTTP Response: 503'))).toBe('deliveries-lost')
  })

  test('an empty log is no mistake', () => {
    expect(examineDeliveries({ value: [] }, PAGE).state).toBe('ok')
  })
})

describe('the webhook', () => {
  const webhook = { contentType: 'json', verifiesCertificates: true, hasSecret: true }
  const causesOf = (url: string, expected: string, changed: object = {}) =>
    examineWebhook({ value: { ...webhook, url, ...changed } }, { page: PAGE, expected }).map(({ cause }) => cause)

  test('on a laptop posts to a webhook proxy', () => {
    expect(causesOf('https://smee.io/abc', 'http://localhost:3000/api/github/webhooks')).toEqual([null])
    expect(causesOf('http://localhost:4000/api/github/webhooks', 'http://localhost:3000/api/github/webhooks')).toEqual([
      'webhook-url',
    ])
  })

  test('is the same address with a slash at its end or its port spelt out', () => {
    expect(causesOf('https://andon.example.com:443/hooks/', 'https://andon.example.com/hooks')).toEqual([null])
    expect(causesOf('http://andon.example.com/hooks', 'https://andon.example.com/hooks')).toEqual(['webhook-url'])
  })

  test('has its certificate checked, where it has one', () => {
    const unchecked = { verifiesCertificates: false }
    expect(causesOf('https://a.example/h', 'https://a.example/h', unchecked)).toEqual(['webhook-certificate'])
    expect(causesOf('http://a.example/h', 'http://a.example/h', unchecked)).toEqual([null])
  })
})

describe('BASE_URL', () => {
  const site: SiteReading = {
    baseUrl: 'https://andon.example.com',
    build: 'abc',
    health: { value: { status: 200, location: null, build: 'abc' } },
    local: null,
    stream: { value: { status: 200, firstMs: 20, endMs: 2_020 } },
    posts: [],
  }
  const causesOf = (change: Partial<SiteReading>) =>
    examineSite({ ...site, ...change })
      .filter(({ state }) => state !== 'ok' && state !== 'skipped')
      .map(({ cause, state }) => `${cause} ${state}`)
  const failed = (kind: ReadingFailure['kind'], words: string) => ({ failure: { kind, words } })

  test.each([
    ['untrusted', 'CERT_HAS_EXPIRED', 'certificate wrong'],
    ['unreachable', 'ECONNREFUSED', 'not-running wrong'],
    ['cut', 'ECONNRESET', 'not-running wrong'],
  ] as const)('that is %s with %s: %s', (kind, words, cause) => {
    expect(causesOf({ health: failed(kind, words) })).toEqual([cause])
  })

  test('that does not answer, though Andon does on this machine, is unreachable', () => {
    const local = { url: 'http://127.0.0.1:3000', answers: true }
    expect(causesOf({ health: failed('unreachable', 'ENOTFOUND'), local })).toEqual(['base-url-unreachable wrong'])
    expect(causesOf({ health: failed('silent', 'no answer within 5 s') })).toEqual(['base-url-unreachable wrong'])
  })

  test('that is slow says nothing about the size of bodies', () => {
    const posts = [{ bytes: 25 * MIB, answer: failed('silent', 'no answer within 8 s') }]
    expect(causesOf({ posts })).toEqual(['body-slow unknown'])
    const busy = { value: { status: 503, location: null, error: 'too many bytes are being received at once' } }
    expect(causesOf({ posts: [{ bytes: 25 * MIB, answer: busy }] })).toEqual(['body-busy unknown'])
  })

  test('that never sends a byte of the stream holds it back', () => {
    const stream = { value: { status: 200, firstMs: null, endMs: null } }
    expect(causesOf({ stream })).toEqual(['stream-buffered wrong'])
    // It came at once, and something keeps the connection open.
    expect(causesOf({ stream: { value: { status: 200, firstMs: 20, endMs: null } } })).toEqual([])
  })
})

describe('the database', () => {
  const database: DatabaseReading = {
    kind: 'postgres',
    isRunning: false,
    location: 'db.example.com/andon',
    version: '17.6',
    isReadOnly: false,
    pendingMigrations: [],
    unknownMigrations: [],
    hearsItself: true,
    content: null,
  }
  const causesOf = (change: Partial<DatabaseReading>) =>
    examineDatabase({ value: { ...database, ...change } }).flatMap(({ cause }) => cause ?? [])

  test('is Postgres 14 or newer', () => {
    expect(causesOf({ version: '13.20' })).toEqual(['database-old'])
    expect(causesOf({ version: '14.0' })).toEqual([])
  })

  test('that is embedded and not running is migrated by the next start', () => {
    expect(causesOf({ kind: 'embedded', hearsItself: null, pendingMigrations: ['0005_later'] })).toEqual([])
    expect(causesOf({ pendingMigrations: ['0005_later'] })).toEqual(['database-migrations'])
  })
})

test('a disk with little room, for bytes or for files, is full', () => {
  const disk = { directory: '/data', freeBytes: 10 * 1024 * MIB, freeFiles: 100_000 }
  const causeOf = (change: Partial<typeof disk>) => examineDisk({ value: { ...disk, ...change } }).cause
  expect(causeOf({})).toBeNull()
  expect(causeOf({ freeBytes: 100 * MIB })).toBe('disk-full')
  expect(causeOf({ freeFiles: 12 })).toBe('disk-full')
})

test('an installation whose repositories GitHub does not count is not called well', () => {
  const installation = {
    id: 1,
    account: 'acme',
    isSuspended: false,
    permissions: REQUIRED_PERMISSIONS,
    settingsUrl: null,
    repositories: 'unread' as const,
  }
  const findings = examineInstallations({ value: [installation] }, { installUrl: '', granted: REQUIRED_PERMISSIONS })
  expect(findings).toMatchObject([{ state: 'unknown', cause: 'repositories-unread' }])
})
