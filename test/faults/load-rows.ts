// Whole processes under load, and their deaths.
import type { FaultRow } from './rows.ts'

export const LOAD_ROWS: readonly FaultRow[] = [
  {
    name: 'flood',
    promise:
      '64 senders, 200 issues, each delivery one to three times, 8 readers, two processes: no 5xx, every light right',
    file: 'test/processes/flood.test.ts',
    project: 'processes',
  },
  {
    name: 'kill',
    promise: 'kill -9 under load at random moments: every delivery that got a 2xx is stored and applied',
    file: 'test/processes/kill.test.ts',
    project: 'processes',
  },
  {
    name: 'kills',
    promise:
      '1,000 random kill -9 under 10,000 deliveries over 200 issues on two whole processes: 0 lost, no comment, run or check twice, every light as GitHub knows it',
    file: 'test/processes/killed-processes.test.ts',
    project: 'processes',
  },
  {
    name: 'postgres-faults',
    promise:
      'Postgres stopped, cut off, silent, in conflict, exhausted, full, read-only or failed over, four at random in each seed, under deliveries: 0 acknowledged lost, no restart, /readyz right each second',
    file: 'test/processes/postgres-faults.test.ts',
    project: 'processes',
  },
  {
    name: 'soak',
    promise:
      '100 deliveries a second, a process killed every 30 to 120 s: memory of the other grows by less than 10 % once warm, no table grows, 0 lost',
    file: 'test/processes/soak.test.ts',
    project: 'processes',
  },
  {
    name: 'rolling-upgrade',
    promise:
      'a migration of every table, 10⁶ pipelines in them, under two old processes and deliveries; new processes beside them; the old ones go: 0 lost, nothing twice, no value of the new version changed',
    file: 'test/processes/rolling-upgrade.test.ts',
    project: 'processes',
  },
]
