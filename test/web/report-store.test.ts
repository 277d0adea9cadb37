// Reports from end to end: genuine and forged tokens, the attempt as the database has it, one row for all heartbeats.
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runClaims } from '../../fake-github/oidc-issuer.ts'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import { Unavailable } from '../../src/apply/apply-request.ts'
import { AUDIENCE, ISSUER, RUN } from '../github/support/token-issuer.ts'
import { randomSeed, recordMeasurements } from '../support/measurements.ts'
import { deliveryEvidence, minutesAfterNine, runFact } from '../support/pipeline-fixtures.ts'
import {
  dispatchedBy,
  KEY,
  openReportWorld,
  type ReportWorld,
  RUN_ID,
  runningAttempt,
  withAttempts,
} from './support/report-world.ts'

let desk: ReportWorld
beforeAll(async () => {
  desk = await openReportWorld()
})
beforeEach(() => desk.reset())
afterAll(() => desk.close())

const row = (parts: object) => ({
  repositoryId: 1,
  issueNumber: 42,
  attemptKey: KEY,
  runId: RUN_ID,
  aliveAt: '2026-11-21T12:00:00.000Z',
  progress: null,
  text: null,
  url: null,
  ...parts,
})

describe('a report', () => {
  test('without news is no event, and any number of them is one row', async () => {
    for (let n = 0; n < 5; n++) {
      expect((await desk.post({ andon: KEY })).status).toBe(204)
      desk.advance(15)
    }
    expect(await desk.beats()).toEqual([row({ aliveAt: '2026-11-21T12:01:00.000Z' })])
    expect(desk.events).toEqual([])
  })

  test('with news is an event too, and one that repeats it is none', async () => {
    await desk.post({ andon: KEY, progress: 40, text: 'writing tests', url: 'https://a.example/log' })
    const at = '2026-11-21T12:00:00.000Z'
    expect(desk.events).toEqual([
      {
        type: 'attempt.reported',
        at,
        evidence: { kind: 'beat', id: KEY, at },
        repository: expect.objectContaining({ id: 1, fullName: 'acme/widgets', installationId: 9 }),
        issueNumber: 42,
        key: KEY,
        runId: RUN_ID,
        progress: 40,
        text: 'writing tests',
        url: 'https://a.example/log',
      },
    ])
    await desk.post({ andon: KEY, progress: 40, text: 'writing tests' })
    await desk.post({ andon: KEY })
    expect(desk.events).toHaveLength(1)
    expect(await desk.beats()).toEqual([row({ progress: 40, text: 'writing tests', url: 'https://a.example/log' })])
  })

  test('keeps the previous value of a field that it leaves out', async () => {
    const at = minutesAfterNine(2)
    const report = { aliveAt: at, progressAt: at, progress: 40, text: 'writing tests', url: 'https://a.example/log' }
    await desk.changePipeline((pipeline) =>
      withAttempts(pipeline, [runningAttempt({ control: dispatchedBy({ report }) })]),
    )
    await desk.post({ andon: KEY, progress: 60 })
    expect(desk.events).toMatchObject([{ progress: 60, text: 'writing tests', url: 'https://a.example/log' }])
  })

  test('whose event fails is not stored: sent again, it is still news', async () => {
    desk.failDoor(new Unavailable('the database is away'))
    const response = await desk.post({ andon: KEY, progress: 40 })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await desk.beats()).toEqual([])
    desk.failDoor(null)
    expect((await desk.post({ andon: KEY, progress: 40 })).status).toBe(204)
    expect(desk.events).toHaveLength(1)
  })
})

describe('a token', () => {
  const second = Date.parse('2026-11-21T12:00:00.000Z') / 1000
  test.each([
    ['forged', 401, null],
    ['expired', 401, { iat: second - 900, nbf: second - 900, exp: second - 600 }],
    ['not valid yet', 401, { nbf: second + 600, exp: second + 900 }],
    ['for another audience', 401, { aud: 'https://elsewhere.example.com' }],
    ['of another issuer', 401, { iss: 'https://elsewhere.example.com' }],
    ['of another repository', 403, { repository_id: '2' }],
    ['of another run', 403, { run_id: '902' }],
    ['of a re-run that GitHub has not told us about yet', 503, { run_attempt: '2' }],
  ] as const)('%s is answered %i, and nothing is stored', async (what, status, claims) => {
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const forged = () => desk.issuer.token({ ...runClaims({ ...RUN, repositoryId: 1 }), aud: AUDIENCE }, { key })
    const token = claims === null ? await forged() : await desk.token(claims)
    const response = await desk.post({ andon: KEY, progress: 99 }, token)
    expect([what, response.status]).toEqual([what, status])
    expect([await desk.beats(), desk.events]).toEqual([[], []])
  })

  test('cannot be checked while the keys are unavailable', async () => {
    desk.advance(3_700)
    desk.setNetwork('bad gateway')
    expect((await desk.post({ andon: KEY })).status).toBe(503)
    expect(await desk.beats()).toEqual([])
    desk.setNetwork('up')
    desk.advance(31)
    expect((await desk.post({ andon: KEY })).status).toBe(204)
  })
})

describe('an attempt', () => {
  test.each([
    ['that another issue has', '43/plan/1-k3v9x'],
    ['that another stage has', '42/code/1-k3v9x'],
    ['whose key is different', `${KEY}2`],
  ])('%s is not this run’s: 403', async (_, andon) => {
    expect((await desk.post({ andon })).status).toBe(403)
  })

  test('that was run a second time takes reports of the second time only', async () => {
    const run = runFact({ id: RUN_ID, runAttempt: 2 })
    await desk.changePipeline((pipeline) => withAttempts(pipeline, [runningAttempt({ run })]))
    expect((await desk.post({ andon: KEY })).status).toBe(403)
    expect((await desk.post({ andon: KEY }, await desk.token({ run_attempt: '2' }))).status).toBe(204)
  })

  test('that no webhook has mentioned takes reports of the run that our dispatch was answered with', async () => {
    await desk.changePipeline((pipeline) => withAttempts(pipeline, [runningAttempt({ run: null })]))
    expect((await desk.post({ andon: KEY })).status).toBe(204)
    expect((await desk.post({ andon: KEY }, await desk.token({ run_id: '902' }))).status).toBe(403)
  })

  test('that is bound to no run yet is answered 503', async () => {
    await desk.changePipeline((pipeline) =>
      withAttempts(pipeline, [runningAttempt({ run: null, control: dispatchedBy({ runId: null }) })]),
    )
    expect((await desk.post({ andon: KEY })).status).toBe(503)
    expect(await desk.beats()).toEqual([])
  })

  const givenUp = {
    kind: 'abandoned',
    message: 'given up',
    at: minutesAfterNine(9),
    evidence: deliveryEvidence(minutesAfterNine(9)),
  } as const
  test.each([
    ['whose run has ended', [runningAttempt({ run: runFact({ id: RUN_ID, conclusion: 'failure' }) })]],
    ['that was given up', [runningAttempt({ control: dispatchedBy({ closed: givenUp }) })]],
    [
      'that was given up before it was bound',
      [runningAttempt({ run: null, control: dispatchedBy({ runId: null, closed: givenUp }) })],
    ],
    [
      'after which another was begun',
      [runningAttempt(), runningAttempt({ number: 2, key: '42/plan/2-aaaaa', run: null })],
    ],
  ])('%s is over: 409', async (_, attempts) => {
    await desk.changePipeline((pipeline) => withAttempts(pipeline, attempts))
    expect((await desk.post({ andon: KEY, progress: 100 })).status).toBe(409)
    expect([await desk.beats(), desk.events]).toEqual([[], []])
  })

  test('that was given up because GitHub did not know its run is heard again, with an end of its limit that can be', async () => {
    const closed = { ...givenUp, kind: 'gone' } as const
    await desk.changePipeline((pipeline) =>
      withAttempts(pipeline, [runningAttempt({ run: null, control: dispatchedBy({ closed }) })]),
    )
    for (const limitedUntil of ['2026-11-21T11:59:00Z', '2026-11-23T12:00:00Z'])
      expect((await desk.post({ andon: KEY, limitedUntil })).status).toBe(422)
    expect(desk.events).toEqual([])
    expect((await desk.post({ andon: KEY, limitedUntil: '2026-11-21T13:00:00Z' })).status).toBe(409)
    expect(desk.events).toHaveLength(1)
  })

  test('goes on when another run was started elsewhere', async () => {
    const beside = { number: 0, key: null, run: runFact({ id: 950, workflow: 'plan.yml' }) }
    await desk.changePipeline((pipeline) => withAttempts(pipeline, [runningAttempt(), beside]))
    expect((await desk.post({ andon: KEY })).status).toBe(204)
  })

  test('of a deleted issue is over, and one of a removed repository is unknown', async () => {
    await desk.changePipeline((pipeline) => ({ ...pipeline, removed: { why: 'deleted', at: minutesAfterNine(9) } }))
    expect((await desk.post({ andon: KEY })).status).toBe(409)
    await desk.database.kysely
      .updateTable('repositories')
      .set({ removedAt: minutesAfterNine(10) })
      .execute()
    expect((await desk.post({ andon: KEY })).status).toBe(403)
  })
})

test('none of 1,000 reports with a damaged token or body is wrongly accepted', async () => {
  const random = seededRandom(randomSeed(20_262))
  const [genuine, other] = [await desk.token(), await desk.token({ run_id: '902' })]
  const counts = { taken: 0, refused: 0, wrongly: 0 }
  const statuses: Record<number, number> = {}
  for (let n = 0; n < 1_000; n++) {
    const whole = { andon: KEY, progress: random.integer(101), text: `step ${n}`, url: 'https://a.example/log' }
    const damagesToken = n % 2 === 0
    const body = damagesToken ? JSON.stringify(whole) : damagedBody(random, whole)
    const token = damagesToken ? damagedToken(random, genuine, other) : genuine
    const { status } = await desk.post(body, token)
    statuses[status] = (statuses[status] ?? 0) + 1
    counts[status === 204 ? 'taken' : 'refused'] += 1
    if (status === 204 && (damagesToken || !isReport(body))) counts.wrongly += 1
  }
  expect(counts.wrongly).toBe(0)
  expect(Object.keys(statuses).filter((status) => !['204', '401', '403', '413', '422'].includes(status))).toEqual([])
  expect(counts.taken).toBeGreaterThan(0)
  expect(await desk.beats()).toMatchObject([{ attemptKey: KEY, runId: RUN_ID }])
  recordMeasurements('reports', {
    faults: 1_000,
    wrong: 0,
    'still genuine': counts.taken,
    refused: counts.refused,
  })
}, 120_000)

function damagedToken(random: SeededRandom, genuine: string, other: string): string {
  const parts = genuine.split('.')
  const part = random.integer(3)
  const bytes = Buffer.from(parts[part] ?? '', 'base64url')
  const at = random.integer(bytes.length)
  switch (random.integer(4)) {
    case 0:
      return parts.with(part, other.split('.')[part === 0 ? 1 : part] ?? '').join('.')
    case 1:
      return genuine.slice(0, random.integer(genuine.length - 1))
    case 2: {
      const claims = { ...runClaims({ ...RUN, repositoryId: 1, runAttempt: 2 }), iss: ISSUER, exp: 4_000_000_000 }
      return parts.with(1, Buffer.from(JSON.stringify(claims)).toString('base64url')).join('.')
    }
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8))
      return parts.with(part, bytes.toString('base64url')).join('.')
  }
}

function damagedBody(random: SeededRandom, whole: Record<string, unknown>): string {
  const text = JSON.stringify(whole)
  const at = random.integer(text.length)
  switch (random.integer(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + String.fromCharCode(32 + random.integer(95)) + text.slice(at + 1)
    case 2: {
      const { [random.pick(Object.keys(whole))]: _, ...rest } = whole
      return JSON.stringify(rest)
    }
    default:
      return JSON.stringify({ ...whole, [random.pick([...Object.keys(whole), 'more'])]: random.pick(VALUES) })
  }
}

const VALUES = [
  null,
  true,
  '',
  'text',
  'nul \0',
  -1,
  0.5,
  1e300,
  101,
  [],
  {},
  'x'.repeat(9_000),
  '42/plan/2-zzzzz',
  'file:///etc',
]

/** A second, independent definition of a report: whatever was accepted must match it. */
function isReport(body: string): boolean {
  const { andon, progress, text, url, ...rest } = JSON.parse(body) as Record<string, unknown>
  return (
    andon === KEY &&
    Object.keys(rest).length === 0 &&
    (progress == null || (typeof progress === 'number' && progress >= 0 && progress <= 100)) &&
    (text == null || (typeof text === 'string' && text.length <= 500)) &&
    (url == null || (typeof url === 'string' && ['http:', 'https:'].includes(new URL(url).protocol)))
  )
}
