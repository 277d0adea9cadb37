// Faults while Andon runs a line: of dispatches, workers, beats and reports.
import type { FaultRow } from './rows.ts'

export const DISPATCH_ROWS: readonly FaultRow[] = [
  {
    name: 'single-dispatch',
    promise:
      '500 dispatches, a fifth accepted with the answer lost; a process that dies at every boundary; the database down: one run each',
    file: 'test/outbox/dispatch-faults.test.ts',
    project: 'postgres',
    tests: 'a fifth of the dispatches|a process that dies|a database that is down',
  },
  {
    name: 'frozen-by-the-clock',
    promise: 'a process frozen for up to seven minutes, during or before its dispatch: one live run a minute later',
    file: 'test/outbox/dispatch-faults.test.ts',
    project: 'postgres',
    tests: 'a process that is frozen',
  },
  {
    name: 'dispatch-kills',
    promise:
      '500 dispatches by two workers, 100 × kill -9 of either, a fifth of the answers lost: one run for each attempt, 0 stuck',
    file: 'test/processes/killed-dispatch.test.ts',
    project: 'processes',
  },
  {
    name: 'dispatch-boundaries',
    promise: 'kill -9 before and after each commit and each call of dispatching, 25 times each: one run, 0 stuck',
    file: 'test/processes/crash-points.test.ts',
    project: 'processes',
    tests: 'boundary of dispatching',
  },
  {
    name: 'creation-boundaries',
    promise:
      'kill -9 before and after each commit and each call of creating comments and checks, 25 times each: one of each',
    file: 'test/processes/crash-points.test.ts',
    project: 'processes',
    tests: 'boundary of creating',
  },
  {
    name: 'change-boundaries',
    promise:
      'kill -9 before and after each commit and each call of reading back and changing, 25 times each: one of each',
    file: 'test/processes/crash-points.test.ts',
    project: 'processes',
    tests: 'boundary of reading back',
  },
  {
    name: 'asking-boundaries',
    promise:
      'kill -9 before and after each commit and each call of asking for a person, 25 times each: asked once, never twice',
    file: 'test/processes/crash-points.test.ts',
    project: 'processes',
    tests: 'boundary of asking',
  },
  {
    name: 'frozen',
    promise:
      'SIGSTOP past the claim, 100 times, half of them between its check and the call: no second live run a minute later, 0 stale writes',
    file: 'test/processes/frozen-worker.test.ts',
    project: 'processes',
  },
  {
    name: 'takeover',
    promise: 'the claimed work of a dead worker is taken over within 30 s of its death',
    file: 'test/processes/takeover.test.ts',
    project: 'processes',
  },
  {
    name: 'hopeless',
    promise: 'a workflow that always fails or never starts: its attempts, its reason, then silence',
    file: 'test/outbox/permanent-failures.test.ts',
    project: 'postgres',
  },
  {
    name: 'no-storm',
    promise:
      'eight ways of always failing, 1 to 5 attempts; a bot that always requests changes: exactly the allowed attempts and rounds',
    file: 'test/pipeline/stages/backoff.test.ts',
    project: 'pure',
  },
  {
    name: 'limit-of-four',
    promise: 'two workers, 200 pipelines: never more than four running in a repository at any commit',
    file: 'test/apply/admission.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'deadline-races',
    promise: '1,000 races of a deadline against the run’s own end: 0 finished runs cancelled, 0 results lost',
    file: 'test/pipeline/deadlines/deadline-races.test.ts',
    project: 'pure',
  },
  {
    name: 'lost-commits',
    promise: 'the commit after an accepted dispatch fails, 200 times: never two live runs',
    file: 'test/apply/commit-failures.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'rate-limits',
    promise: 'a dispatch that meets 403 or 429 with evidence of a limit spends no attempt',
    file: 'test/outbox/rate-limited-dispatch.test.ts',
    project: 'postgres',
  },
  {
    name: 'no-echo',
    promise: 'the dispatch of a workflow that does not echo the key is never sent twice',
    file: 'test/outbox/recover-dispatch.test.ts',
    project: 'postgres',
    tests: 'does not echo the key',
  },
  {
    name: 'three-hours',
    promise: 'three hours of beats without progress: stalled on the board, the check, the comment and in JSON',
    file: 'test/watchdog/stalled-agent.test.ts',
    project: 'postgres',
  },
  {
    name: 'beats',
    promise: 'a worker beats before its first claim, and neither claims nor beats after `stopping`',
    file: 'test/watchdog/loop-lifecycle.test.ts',
    project: 'postgres',
  },
  {
    name: 'bad-heartbeats',
    promise:
      'heartbeats missing, truncated, from the future, of other processes, reused, stale: never alive; hanging is not progressing',
    file: 'test/watchdog/heartbeat.test.ts',
    project: 'pure',
  },
  {
    name: 'loops',
    promise:
      'loop status and loop stop with the database stopped and no key; a bad heartbeat never makes them signal a process',
    file: 'test/processes/loops.test.ts',
    project: 'processes',
  },
  {
    name: 'one-shutdown',
    promise:
      'one, two and five signals while a dispatch hangs: one shutdown, announced before work is released, exit 0 within 25 s',
    file: 'test/processes/shutdown.test.ts',
    project: 'processes',
  },
  {
    name: 'reports',
    promise:
      'report tokens forged, expired, of other runs, after the end; 1,000 damaged reports: none wrongly accepted',
    file: 'test/web/report-store.test.ts',
    project: 'postgres',
  },
  {
    name: 'tokens',
    promise: '1,000 damaged tokens: none trusted',
    file: 'test/github/oidc.test.ts',
    project: 'github',
  },
]
