// The action's script as a runner runs it: it asks an issuer for a token and reports to a site that trusts that issuer.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type OidcIssuer, openOidcIssuer, runClaims } from '../../fake-github/oidc-issuer.ts'
import { openTokenVerifier } from '../../src/github/oidc.ts'
import type { ReportBody } from '../../src/web/report-body.ts'
import {
  createReportEndpoint,
  type ReportingRun,
  type ReportOutcome,
  type ReportStore,
  type ReportTokenVerifier,
} from '../../src/web/reports.ts'
import { openSite, openStubBoard } from './support/site-world.ts'

const KEY = '42/plan/1-k3v9x'
const RUN = { repositoryId: 7_001, repository: 'acme/rocket', runId: 901, runAttempt: 1, workflow: 'plan.yml' }
const REQUEST_TOKEN = 'the-runner-s-own-secret'

const log = pino({ level: 'silent' })
const now = () => new Date().toISOString()
const scratch = mkdtempSync(join(tmpdir(), 'andon-action-'))
const ends: (() => Promise<unknown> | unknown)[] = [() => rmSync(scratch, { recursive: true, force: true })]
let issuer: OidcIssuer
let prove: ReportTokenVerifier
let kept: { reporter: ReportingRun; message: ReportBody }[] = []
let verdict: ReportOutcome = 'saved'
let base: string

beforeAll(async () => {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = openOidcIssuer({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, now })
  const book: ReportStore = async (reporter, message) => {
    if (verdict === 'saved') kept.push({ reporter, message })
    return verdict
  }
  const report = createReportEndpoint({ verify: (token) => prove(token), store: book, log })
  const site = await openSite(openStubBoard().reader, {}, 0, report)
  base = site.url
  prove = openTokenVerifier({ issuer: issuer.url, audience: base, now, log })
  ends.push(site.close, () => server.close())
})

beforeEach(() => {
  kept = []
  verdict = 'saved'
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

test('a report with every field arrives unchanged, whatever characters it contains', async () => {
  const text = 'it\'s "half" done $(reboot) `x` \\ ünï'
  const { message, status } = await report({
    ANDON_PROGRESS: '40.5',
    ANDON_TEXT: text,
    ANDON_LINK: 'https://a.example/?a=1&b',
  })
  expect([message.replace(/::add-mask::.*\n/, ''), status]).toEqual(['', '204'])
  expect(kept).toEqual([
    {
      reporter: { kind: 'run', repositoryId: 7_001, runId: 901, runAttempt: 1 },
      message: {
        issueNumber: 42,
        attemptKey: KEY,
        progress: 40,
        text,
        url: 'https://a.example/?a=1&b',
        limitedUntil: null,
      },
    },
  ])
})

test('a heartbeat carries only the key, and an extra slash in the address does no harm', async () => {
  expect((await report({ ANDON_URL: `${base}/` })).status).toBe('204')
  expect(kept[0]?.message).toEqual({
    issueNumber: 42,
    attemptKey: KEY,
    progress: null,
    text: null,
    url: null,
    limitedUntil: null,
  })
})

test('a text that is too long is cut, not lost', async () => {
  await report({ ANDON_TEXT: '🚀'.repeat(800) })
  expect(kept[0]?.message.text).toBe('🚀'.repeat(500))
})

test('the token is masked before anything else is printed', async () => {
  const { message } = await report({})
  expect(message).toMatch(/^::add-mask::ey[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test.each([
  ['without a key', { ANDON_KEY: '' }, /^$/],
  ['without an address', { ANDON_URL: '' }, /address of your Andon/],
  ['without the permission', { ACTIONS_ID_TOKEN_REQUEST_URL: '' }, /id-token: write/],
  ['with progress in words', { ANDON_PROGRESS: 'half' }, /`progress` is a number/],
  ['when GitHub gives no token', { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another' }, /gave no token/],
  ['when Andon is not there', { ANDON_URL: 'http://127.0.0.1:1' }, /could not be reached/],
  ['with an invalid link', { ANDON_LINK: 'javascript:alert(1)' }, /answered 422/],
])('%s nothing is reported, the job goes on, and the warning says why', async (_, given, words) => {
  const { message } = await report(given)
  const warnings = message.replace(/::add-mask::.*\n/, '')
  expect(warnings).toMatch(words)
  expect(warnings.replace(/^::warning title=Andon::.*\n$/, '')).toBe('')
  expect(kept).toEqual([])
})

test('the script says when the attempt is over', async () => {
  verdict = 'attempt closed'
  const { message, status } = await report({})
  expect(message).toContain('This attempt is over')
  expect(status).toBe('409')
})

/** The issuer's JWKS, and the response of a runner's ACTIONS_ID_TOKEN_REQUEST_URL. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer.url)
  if (pathname === '/.well-known/jwks') response.end(JSON.stringify(await issuer.keys()))
  else if (request.headers.authorization !== `bearer ${REQUEST_TOKEN}`) response.writeHead(401).end()
  else {
    const aud = searchParams.get('audience') ?? ''
    response.end(JSON.stringify({ value: await issuer.token({ ...runClaims(RUN), aud }) }))
  }
}

/** Runs the script; it must succeed, whatever became of the report. */
async function report(given: Record<string, string>): Promise<{ message: string; status: string | undefined }> {
  const output = join(scratch, `output-${++scripts}`)
  writeFileSync(output, '')
  const { stdout, stderr } = await promisify(execFile)('bash', ['action/report.sh'], {
    env: {
      PATH: process.env.PATH,
      ANDON_URL: base,
      ANDON_KEY: KEY,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
      GITHUB_OUTPUT: output,
      ...given,
    },
  })
  expect(stderr).not.toContain(REQUEST_TOKEN)
  return { message: stdout, status: /^status=(\d+)$/m.exec(readFileSync(output, 'utf8'))?.[1] }
}
let scripts = 0
