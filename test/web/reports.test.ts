// The endpoint alone, over a store in memory: what it requires of a request, in which order, and how it answers.
import { request } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../../src/apply/apply-request.ts'
import type { ReportBody } from '../../src/web/report-body.ts'
import {
  createReportEndpoint,
  type ReportingRun,
  type ReportOutcome,
  type ReportStore,
  type ReportTokenVerifier,
} from '../../src/web/reports.ts'
import { type OpenSite, openSite, openStubBoard } from './support/site-world.ts'

const RUN = { kind: 'run', repositoryId: 7_001, runId: 901, runAttempt: 1 } as const
const KEY = '42/plan/1-k3v9x'
const NOT_REPORTED = { progress: null, text: null, url: null, limitedUntil: null }

const opened: OpenSite[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((site) => site.close()))
})

async function openReports(
  o: {
    proof?: Awaited<ReturnType<ReportTokenVerifier>>
    book?: ReportStore
    verdict?: ReportOutcome
    deadlineMs?: number
  } = {},
) {
  const kept: { reporter: ReportingRun; message: ReportBody }[] = []
  const book: ReportStore = async (reporter, message) => {
    if (o.verdict === undefined || o.verdict === 'saved') kept.push({ reporter, message })
    return o.verdict ?? 'saved'
  }
  const report = createReportEndpoint({
    verify: async () => o.proof ?? RUN,
    store: o.book ?? book,
    log: pino({ level: 'silent' }),
    ...(o.deadlineMs && { deadlineMs: o.deadlineMs }),
  })
  const site = await openSite(openStubBoard().reader, { access: 'login' }, 0, report)
  opened.push(site)
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${site.url}/api/reports`, {
      method: 'POST',
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: 'Bearer a.b.c', ...headers },
    })
  return { url: site.url, post, kept }
}

describe('a report', () => {
  test('is accepted with an empty response, even if the board is closed to people', async () => {
    const { post, kept } = await openReports()
    const response = await post({ andon: KEY, progress: 40, text: 'writing tests', url: 'https://example.com/log' })
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(kept).toEqual([
      {
        reporter: RUN,
        message: {
          issueNumber: 42,
          attemptKey: KEY,
          progress: 40,
          text: 'writing tests',
          url: 'https://example.com/log',
          limitedUntil: null,
        },
      },
    ])
  })

  test('may carry nothing but its key', async () => {
    const { post, kept } = await openReports()
    expect((await post({ andon: KEY })).status).toBe(204)
    expect((await post({ andon: KEY, progress: null, text: '  ', url: null })).status).toBe(204)
    expect(kept.map(({ message }) => message)).toEqual(
      [1, 2].map(() => ({ issueNumber: 42, attemptKey: KEY, ...NOT_REPORTED })),
    )
  })

  test('of 99.9 % is not shown as finished', async () => {
    const { post, kept } = await openReports()
    for (const progress of [99.9, 100, 0, 0.4]) await post({ andon: KEY, progress })
    expect(kept.map(({ message }) => message.progress)).toEqual([99, 100, 0, 0])
  })

  test('keeps only the readable part of its text', async () => {
    const { post, kept } = await openReports()
    await post({ andon: KEY, text: '\u001b[31mred\u001b[0m\n\u202etset\0 half \ud83d é' })
    expect(kept[0]?.message.text).toBe('[31mred[0m tset half \ufffd é')
  })
})

describe('an invalid body', () => {
  test.each([
    ['that is not JSON', '{"andon":', 'not JSON'],
    ['that is not text', new Uint8Array([0x7b, 0xff, 0x7d]), 'not JSON'],
    ['that is a list', [], 'JSON object'],
    ['that is null', 'null', 'JSON object'],
    ['without a key', {}, '`andon` is missing'],
    ['with half a key', { andon: '42/plan' }, 'not an attempt key'],
    ['with a key between spaces', { andon: ` ${KEY} ` }, 'not an attempt key'],
    ['with an endless key', { andon: `42/plan/1-${'a'.repeat(200)}` }, '`andon`'],
    ['with progress in words', { andon: KEY, progress: '40' }, '`progress`'],
    ['with too little progress', { andon: KEY, progress: -1 }, '0 to 100'],
    ['with too much progress', { andon: KEY, progress: 101 }, '0 to 100'],
    ['with endless progress', `{"andon":"${KEY}","progress":1e999}`, '`progress`'],
    ['with a list of texts', { andon: KEY, text: ['x'] }, '`text`'],
    ['with too long a text', { andon: KEY, text: 'x'.repeat(501) }, '500 characters'],
    ['with a script for a link', { andon: KEY, url: 'javascript:alert(1)' }, 'http(s)'],
    ['with a data link', { andon: KEY, url: 'data:text/html,hi' }, 'http(s)'],
    ['with a link that breaks out', { andon: KEY, url: 'https://a.example/"><script>' }, 'http(s)'],
    ['with a link to nowhere', { andon: KEY, url: 'http://' }, 'http(s)'],
    ['with a link that contains NUL', { andon: KEY, url: 'https://a.example/\0' }, 'http(s)'],
    ['with an endless link', { andon: KEY, url: `https://a.example/${'x'.repeat(2_000)}` }, 'longer'],
    ['with an unknown field', { andon: KEY, progres: 4 }, 'no other'],
  ])('(%s) is refused with 422 and the field', async (_, body, words) => {
    const { post, kept } = await openReports()
    const response = await post(body)
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({ error: expect.stringContaining(words) })
    expect(kept).toEqual([])
  })

  test('is never quoted', async () => {
    const { post } = await openReports()
    for (const body of [{ andon: KEY, 'TOP-SECRET': 1 }, { andon: 'TOP-SECRET' }, { andon: KEY, url: 'TOP-SECRET' }])
      expect(await (await post(body)).text()).not.toContain('TOP-SECRET')
  })
})

describe('a request', () => {
  test.each(['GET', 'PUT', 'DELETE'])('by %s is answered that reports need POST', async (method) => {
    const { url } = await openReports()
    const response = await fetch(`${url}/api/reports`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'of another content type (%s) is refused with 415',
    async (type) => {
      const { post, kept } = await openReports()
      expect((await post({ andon: KEY }, { 'content-type': type })).status).toBe(415)
      expect(kept).toEqual([])
    },
  )

  test.each(['', 'Basic YTpi', 'Bearer', 'Bearer a b', 'a.b.c'])(
    'with the authorization "%s" is refused with 401',
    async (authorization) => {
      const { post } = await openReports()
      const response = await post({ andon: KEY }, { authorization })
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    },
  )

  test('with an untrusted token is refused with 401 and the reason', async () => {
    const { post, kept } = await openReports({ proof: { kind: 'untrusted', why: 'The token has expired.' } })
    const response = await post({ andon: KEY })
    expect([response.status, await response.json()]).toEqual([401, { error: 'The token has expired.' }])
    expect(kept).toEqual([])
  })

  test('while the keys are unavailable is answered 503', async () => {
    const { post } = await openReports({ proof: { kind: 'unavailable' } })
    const response = await post({ andon: KEY })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
  })

  test.each([
    ['no such attempt', 403],
    ['another run', 403],
    ['not bound yet', 503],
    ['attempt closed', 409],
  ] as const)('about %s is refused with %i', async (verdict, status) => {
    const { post } = await openReports({ verdict })
    const response = await post({ andon: KEY })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  test('while the database is unavailable or silent is answered 503', async () => {
    const away: ReportStore = () => Promise.reject(new Unavailable('gone'))
    const broken: ReportStore = () => Promise.reject(new Error('Connection terminated'))
    const silent: ReportStore = () => new Promise(() => undefined)
    for (const book of [away, broken, silent]) {
      const { post } = await openReports({ book, deadlineMs: 30 })
      const response = await post({ andon: KEY })
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    }
  })
})

describe('a body that is too large', () => {
  const padded = (bytes: number) => `{"andon":"${KEY}"}`.padEnd(bytes)

  test('by one byte is refused with 413, and a body of the maximum is not', async () => {
    const { post } = await openReports()
    expect((await post(padded(8_192))).status).toBe(204)
    expect((await post(padded(8_193))).status).toBe(413)
  })

  test('is refused before it arrives, or without a content length once it is too long', async () => {
    const { url } = await openReports()
    for (const headers of [{ 'content-length': String(30 * 1024 * 1024) }, { 'transfer-encoding': 'chunked' }])
      expect(await begin(`${url}/api/reports`, headers)).toBe(413)
  })
})

/** Sends a body in chunks until the server answers. */
async function begin(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const sending = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer a.b.c', ...headers },
  })
  const answered = new Promise<number | undefined>((resolve, reject) => {
    sending.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
  })
  let done = false
  void answered
    .catch(() => undefined)
    .finally(() => {
      done = true
    })
  for (let n = 0; n < 2_000 && !done; n++) {
    sending.write('x'.repeat(1_024))
    await turn()
  }
  const status = await answered
  sending.on('error', () => undefined).destroy()
  return status
}
