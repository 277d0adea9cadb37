// A bad morning, as the operators' page shows it: a bit of everything is wrong, and texts are as long as they get.
import type { HealthReport } from '../../../src/health/report.ts'
import type { OperatorParts } from '../../../src/web/operators.ts'
import { NOW } from './board-fixtures.ts'
import { HELD_PLACES } from './held-board.ts'

const ago = (seconds: number) => new Date(Date.parse(NOW) - seconds * 1000).toISOString()
const LONG = 'northwind-traders-international/warehouse-management-system'

const beating = (id: string, beat: number, progress: number | null, lastError: string | null) => ({
  ...{ id, stopRequestedAt: null, isProven: true, reason: '', isProgressing: progress !== null && progress < 120 },
  state: beat < 60 ? ('alive' as const) : ('stale' as const),
  ...(beat >= 60 && { reason: `no beat for ${beat} s` }),
  heartbeat: {
    ...{ id, host: 'worker-1', pid: 77, startedAtTicks: '4711', role: 'worker', status: 'running' as const },
    ...{ iteration: 812, beatAt: ago(beat), inFlightSince: progress === null ? ago(400) : null, lastError },
    progressAt: progress === null ? null : ago(progress),
  },
})

const quota = (resource: string, remaining: number) => {
  return { resource, allowed: 5_000, remaining, resetsAt: ago(-1_800), readAt: ago(4) }
}

export const HEALTH: HealthReport = {
  asOf: NOW,
  process: 'web-host-1-4711',
  build: '1f0c3a9b77de',
  startedAt: ago(90_000),
  deliveries: {
    value: {
      lastAt: ago(12),
      lastHour: { applied: 480, ignored: 37, failed: 2 },
      failed: 41,
      failedRows: [
        {
          ...{ id: 90_211, guid: 'f1c2', name: 'issues', action: 'labeled', repository: 'acme/widgets' },
          ...{ receivedAt: ago(60), error: 'issue: expected an object', attempts: 1 },
        },
        {
          ...{ id: 90_107, guid: 'f1c3', name: 'pull_request_review', action: 'submitted', repository: LONG },
          receivedAt: ago(8_000),
          error: `review.body: ${'<script>alert(1)</script> '.repeat(4)}a very long reason that GitHub has sent`,
          attempts: 12,
        },
        {
          ...{ id: 4, guid: 'f1c4', name: 'push', action: null, repository: null },
          ...{ receivedAt: ago(90_000), error: 'no repository', attempts: 1 },
        },
      ],
    },
  },
  sweeps: {
    value: [
      {
        ...{ scannedAt: ago(200), sweptUntil: ago(210), failing: null, blockedUntil: ago(900), due: 3 },
        cutOff: { from: ago(500_000), until: ago(300_000), at: ago(90_000), reconciledAt: null },
        missed: [
          {
            ...{ foundAt: ago(200), count: 14, from: ago(700), until: ago(460), repaired: 10, due: 3, lost: 1 },
            repairedAt: ago(180),
          },
        ],
      },
    ],
  },
  reconciles: {
    value: {
      ...{ open: 12, oldestAt: ago(420), lastAt: ago(20), repaired: 2, repairedAt: ago(3_600), failing: 1 },
    },
  },
  loops: {
    value: [
      beating('worker-host-1-4712', 4, 6, null),
      beating(
        'worker-host-2-4713',
        5,
        null,
        'outbox at 2026-11-21T13:50:31.000Z: GitHub answered 502 and gave no reason',
      ),
      beating('worker-host-3-4714', 4_000, 4_010, null),
    ],
  },
  clocks: {
    value: [
      { process: 'worker-host-1-4712', clock: 'github', aheadMs: 120, errorMs: 580, readAt: ago(4) },
      { process: 'worker-host-1-4712', clock: 'database', aheadMs: 3, errorMs: 1, readAt: ago(8) },
      { process: 'worker-host-2-4713', clock: 'github', aheadMs: -302_000, errorMs: 600, readAt: ago(5) },
    ],
  },
  outbox: {
    value: {
      lines: [
        { kind: 'ask', waiting: 12, due: 2, dueSince: ago(2), unconfirmed: 0 },
        { kind: 'dispatch', waiting: 3, due: 3, dueSince: ago(1_500), unconfirmed: 1 },
        { kind: 'publish', waiting: 214, due: 180, dueSince: ago(310), unconfirmed: 0 },
      ],
      buried: 2,
      refused: null,
    },
  },
  quotas: {
    value: [
      {
        installationId: 606_061,
        account: 'northwind-traders-international',
        state: 'active',
        quietUntil: ago(-900),
        quotas: [quota('core', 12), quota('graphql', 4_800)],
      },
      { installationId: 606_060, account: 'acme', state: 'active', quietUntil: null, quotas: [quota('core', 4_211)] },
      { installationId: 606_062, account: 'sleepy', state: 'suspended', quietUntil: null, quotas: [] },
      { installationId: 0, account: null, state: 'active', quietUntil: null, quotas: [quota('core', 4_990)] },
    ],
  },
  holds: {
    value: { places: HELD_PLACES, isEverythingHeld: false, heldRepositories: 2, openBreakers: 1, limitedWorkflows: 1 },
  },
  accessProblems: { problem: 'no answer in time' },
  latencies: {
    value: { commit: { count: 519, p50Ms: 9.4, p95Ms: 41 }, browser: { count: 288, p50Ms: 72, p95Ms: 1_400 } },
  },
  database: {
    value: {
      ...{ kind: 'postgres', location: 'db.internal:6432/andon', version: '17.6', answerMs: 1.234, bytes: 84_213_760 },
      ...{ isReadOnly: false, hearsItself: false },
    },
  },
  disk: { value: { directory: '/var/lib/andon', freeBytes: 180 * 1024 * 1024, totalBytes: 20 * 1024 ** 3 } },
}

const NO_REPAIRS = { list: async () => [], replay: async () => 0, drop: async () => 0 }

/** Shows a report; nothing can be replayed. */
export function operatorsOf(health: () => HealthReport): OperatorParts {
  return {
    readHealth: async () => health(),
    repairs: { deliveries: NO_REPAIRS, effects: NO_REPAIRS },
    latencies: async () => null,
    measurements: { latency: () => undefined, onLatency: () => undefined },
  }
}
