// Heartbeats that must not be believed. Each replaces the file of the loop GOOD.
import type { ProcessIdentity } from '../../../src/process/process-identity.ts'
import type { Heartbeat, HeartbeatAssessment } from '../../../src/watchdog/heartbeat.ts'

export const NOW = '2026-11-21T14:02:30.000Z'
export const HOST = 'here'

export const GOOD: Heartbeat = {
  id: 'worker-here-4711',
  role: 'worker',
  host: HOST,
  pid: 4711,
  startedAtTicks: '99',
  status: 'idle',
  iteration: 12,
  beatAt: '2026-11-21T14:02:20.000Z',
  progressAt: '2026-11-21T14:02:15.000Z',
  inFlightSince: null,
  lastError: null,
}

export type BadHeartbeat = {
  readonly name: string
  readonly text: string
  /** The process that is found for its pid. */
  readonly identity: ProcessIdentity
  readonly state: Exclude<HeartbeatAssessment['state'], 'alive'>
  readonly reason: RegExp
}

/** The corpus at a time and for a process; each name lists the fields that are wrong. */
export function badHeartbeats(good: Heartbeat): readonly BadHeartbeat[] {
  const text = JSON.stringify(good)
  const at = (ms: number) => new Date(Date.parse(good.beatAt) + ms).toISOString()
  const untrusted = (name: string, text: string, reason: RegExp): BadHeartbeat => ({
    name,
    text,
    identity: 'same',
    state: 'untrusted',
    reason,
  })
  const wrong = (field: keyof Heartbeat, value: unknown): BadHeartbeat =>
    untrusted(
      `${field} is ${JSON.stringify(value) ?? 'missing'}`,
      JSON.stringify({ ...good, [field]: value }),
      new RegExp(`"${field}" is missing or wrong`),
    )
  const believable = (
    name: string,
    over: Partial<Heartbeat>,
    verdict: Pick<BadHeartbeat, 'identity' | 'state' | 'reason'>,
  ): BadHeartbeat => {
    const heartbeat = { ...good, ...over }
    const id = over.id ?? `${heartbeat.role}-${heartbeat.host}-${heartbeat.pid}`
    return { name, text: JSON.stringify({ ...heartbeat, id }), ...verdict }
  }
  const fields = Object.keys(good) as (keyof Heartbeat)[]
  return [
    untrusted('an empty file', '', /empty/),
    untrusted('blanks', ' \n\n', /empty/),
    untrusted('zeros of a disk that lost power', '\0'.repeat(200), /truncated or not JSON/),
    ...[1, 20, text.length - 1].map((length) =>
      untrusted(`cut off after ${length} characters`, text.slice(0, length), /truncated or not JSON/),
    ),
    untrusted('two beats in one file', text + text, /not JSON/),
    untrusted('NaN where a number belongs', text.replace(`:${good.pid}`, ':NaN'), /not JSON/),
    ...['null', '17', '"worker"', '[]'].map((value) => untrusted(`it says ${value}`, value, /not an object/)),
    ...fields.map((field) => wrong(field, undefined)),
    ...[Number.NaN, -1, 0, 1.5, '4711', 2 ** 31, 1e300].map((pid) => wrong('pid', pid)),
    ...['NaN', 'yesterday', '', 0, 1e15, Number.NaN, '2026-13-45T99:99:99.999Z', '2026-11-21 14:02:20'].map((moment) =>
      wrong('beatAt', moment),
    ),
    wrong('progressAt', 'Invalid Date'),
    wrong('inFlightSince', 1),
    wrong('status', 'fine'),
    wrong('iteration', -1),
    wrong('iteration', '12'),
    wrong('startedAtTicks', ''),
    wrong('startedAtTicks', 99),
    wrong('role', 7),
    wrong('host', ''),
    wrong('lastError', {}),
    untrusted('an id of another loop', JSON.stringify({ ...good, id: 'worker-here-1' }), /id belongs to another/),
    believable(
      'a file of another pid',
      { pid: 1 },
      { identity: 'same', state: 'untrusted', reason: /describes another loop/ },
    ),
    believable(
      'a file of another machine',
      { host: 'elsewhere' },
      { identity: 'same', state: 'untrusted', reason: /written on elsewhere/ },
    ),
    ...[60_000, 3_600_000, 10 ** 12].map((ms) =>
      believable(
        `a beat ${ms} ms later than the last`,
        { beatAt: at(ms) },
        { identity: 'same', state: 'untrusted', reason: /in the future/ },
      ),
    ),
    believable(
      'a beat a minute too old',
      { beatAt: at(-60_000) },
      { identity: 'same', state: 'stale', reason: /though/ },
    ),
    believable(
      'a beat of 1970',
      { beatAt: '1970-01-01T00:00:00.000Z' },
      { identity: 'other', state: 'stale', reason: /another process/ },
    ),
    believable(
      'stale while stopping',
      { beatAt: at(-90_000), status: 'stopping' },
      { identity: 'gone', state: 'stale', reason: /ended/ },
    ),
    believable(
      'a pid that was used again',
      {},
      { identity: 'other', state: 'gone', reason: /belongs to another process/ },
    ),
    believable(
      'a process that is not there',
      {},
      { identity: 'gone', state: 'gone', reason: /ended without stopping in order/ },
    ),
  ]
}

export const BAD_HEARTBEATS = badHeartbeats(GOOD)
