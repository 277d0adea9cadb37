import type { FaultRow } from './rows.ts'

/** What Andon misses, and finds. */
export const SWEEP_ROWS: readonly FaultRow[] = [
  {
    name: 'outages',
    promise:
      'down for 1 minute, 6 hours, 2.9 days and 4 days, 7,000 deliveries missed of which 270 matter: all recovered within 10 minutes, within a fifth of the hourly quota',
    file: 'test/sweep/outages.test.ts',
    project: 'embedded',
  },
  {
    name: 'disturbed',
    promise: '20 % of the deliveries fail, 20 % come twice, all shuffled and late: every light right in the end',
    file: 'test/sweep/disturbed.test.ts',
    project: 'embedded',
  },
  {
    name: 'dropped',
    promise:
      '20 % of the deliveries are never sent and in no log, 20 % come twice, all shuffled and late: every light right within 10 minutes',
    file: 'test/world/dropped.test.ts',
    project: 'embedded',
  },
  {
    name: 'sweep-kills',
    promise: 'workers killed in the middle of a sweep, at any request: 0 lost, 0 applied twice, 0 stuck',
    file: 'test/processes/killed-sweep.test.ts',
    project: 'processes',
  },
]
