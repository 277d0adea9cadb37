import { DISPATCH_ROWS } from './dispatch-rows.ts'
import { LOAD_ROWS } from './load-rows.ts'
import { PAGE_ROWS } from './page-rows.ts'
import { SWEEP_ROWS } from './sweep-rows.ts'

/** One row of the table in docs/faults.md: a fault, and the test file that injects it at full count. */
export type FaultRow = {
  /** The name for `--only`. */
  readonly name: string
  readonly promise: string
  readonly file: string
  readonly project: 'pure' | 'github' | 'embedded' | 'postgres' | 'processes' | 'browser'
  /** Only the tests whose name matches; the whole file without it. */
  readonly tests?: string
}

export const FAULT_ROWS: readonly FaultRow[] = [
  ...LOAD_ROWS,
  {
    name: 'postgres-stops',
    promise:
      'Postgres stopped for 5 s under load: only 503 meanwhile, no acknowledged delivery missing, the stream recovers',
    file: 'test/processes/postgres-stops.test.ts',
    project: 'processes',
  },
  {
    name: 'ordinary',
    promise: '200 ordinary issues and pull requests with CI, CodeQL and coverage runs: no write to GitHub, no row',
    file: 'test/processes/unmanaged-activity.test.ts',
    project: 'processes',
  },
  {
    name: 'misbehaving-github',
    promise:
      'a fifth of the POSTs succeed with the answer lost, 100 issues: one comment per stage, one check run per stage and SHA',
    file: 'test/outbox/misbehaving-github.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'github-limits',
    promise:
      '300 issues at once while GitHub enforces its limits (80 and 500 creations, 900 points, 100 at once, quiet periods): no dispatch, cancellation or answer waits for 15 minutes, 0 calls in a quiet period',
    file: 'test/world/github-limits.test.ts',
    project: 'embedded',
  },
  {
    name: 'refused-calls',
    promise:
      'each of 24 calls answered 404, 410 or 422 for two hours: no loop, nothing else stops, true words, and afterwards all goes on',
    file: 'test/world/refused-calls.test.ts',
    project: 'embedded',
  },
  {
    name: 'one-hangs',
    promise:
      'one installation of ten hangs, answers after 9 s, answers 500, is limited: p99 of the other nine at most 1.5 × that of ten healthy ones',
    file: 'test/processes/one-hangs.test.ts',
    project: 'processes',
  },
  {
    name: 'alerts',
    promise:
      'each alert is fired by its own fault, made in a running Andon and judged by Prometheus itself, and by no other',
    file: 'test/alerts/alerts.test.ts',
    project: 'embedded',
  },
  {
    name: 'bad-starts',
    promise: 'a bad start: one sentence, exit 78, nothing listening',
    file: 'test/processes/startup-errors.test.ts',
    project: 'processes',
  },
  {
    name: 'doctor',
    promise:
      'mistakes in the App, its webhook, the proxy, the database and the environment, one at a time: its cause is named, and no other',
    file: 'test/processes/doctor.test.ts',
    project: 'processes',
  },
  {
    name: 'two-namespaces',
    promise:
      'processes of two PID namespaces on one embedded folder, also at once, also beside a frozen one: one owner, 0 lost',
    file: 'test/processes/two-namespaces.test.ts',
    project: 'processes',
  },
  {
    name: 'first-start-killed',
    promise: 'kill -9 at any moment of the first start on the embedded database: the next start makes it good',
    file: 'test/processes/data-folder.test.ts',
    project: 'processes',
    tests: 'killed at any moment',
  },
  {
    name: 'any-order',
    promise:
      'the deliveries of an issue’s whole life in any order, one to three times, within one second: one final state',
    file: 'test/advance/any-order.test.ts',
    project: 'pure',
  },
  {
    name: 'nothing-stands-still',
    promise:
      '10⁶ random events of every kind, each life followed by two quiet weeks: whatever is not done, ended or held moves, or needs a person',
    file: 'test/pipeline/nothing-stands-still.test.ts',
    project: 'pure',
  },
  {
    name: 'redelivered-late',
    promise:
      'repositories renamed, hidden, archived, deleted, the App suspended, removed, installed again: deliveries in any order, one to three times, end as GitHub says it is',
    file: 'test/advance/any-presence.test.ts',
    project: 'pure',
  },
  {
    name: 'renamed',
    promise:
      'renames at any moment of which none is delivered: one run an attempt, one comment a stage, the name is learnt',
    file: 'test/world/renamed.test.ts',
    project: 'embedded',
    tests: 'renames at any moment',
  },
  {
    name: 'run-orders',
    promise: 'all orders of the deliveries about a run and its job, run_attempts 1 and 2: one final state',
    file: 'test/pipeline/facts/run-permutations.test.ts',
    project: 'pure',
  },
  {
    name: 'cancelled-causes',
    promise:
      '100 runs cancelled for ten reasons, answers and deliveries lost: those that a person meant stand under Needs you, the others are tried again',
    file: 'test/world/cancelled.test.ts',
    project: 'embedded',
    tests: 'cancelled for any reason',
  },
  {
    name: 'waiting',
    promise:
      '50 runs that wait for environments, approvals, concurrency groups, deliveries lost: true words, 0 cancelled for silence, 0 tried again',
    file: 'test/world/waiting.test.ts',
    project: 'embedded',
    tests: 'wait at random',
  },
  {
    name: 'schema-agrees',
    promise:
      '10,000 generated andon.yml files: the JSON Schema of editors accepts what Andon accepts, and nothing else',
    file: 'test/line/andon-json-schema.test.ts',
    project: 'pure',
    tests: 'agree on generated files',
  },
  {
    name: 'check',
    promise:
      'mistakes that people make in andon.yml and workflows, in the files for each agent: all found, at their lines',
    file: 'test/cli/check.test.ts',
    project: 'pure',
    tests: 'every mistake is found',
  },
  ...PAGE_ROWS,
  {
    name: 'documents',
    promise: 'generated comments full of commands, quoted, fenced, nested and bare: none fires falsely, none is missed',
    file: 'test/commands/generated-comments.test.ts',
    project: 'pure',
  },
  {
    name: 'races',
    promise: 'many writers in several pools, readers beside them, a server that cuts connections: one row each, 0 lost',
    file: 'test/apply/races.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'damaged',
    promise:
      'payloads truncated, or with fields removed or of another type: 2xx or 4xx, the reason stored, other deliveries unharmed',
    file: 'test/inbox/recorded-payloads.test.ts',
    project: 'postgres',
  },
  {
    name: 'ambiguous-answers',
    promise: 'creations that succeed but seem to fail, processes that die during one: one of each',
    file: 'test/outbox/recover-publication.test.ts',
    project: 'postgres',
  },
  {
    name: 'cord',
    promise:
      'a hold (of a repository, or the operator’s) while 20 dispatches are due on two workers: 0 start after its commit, each is sent once after its release',
    file: 'test/outbox/hold-races.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'many-commands',
    promise:
      '56 commands in a minute on one repository: all answered, none rejected, within what GitHub lets an App write',
    file: 'test/outbox/command-burst.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'replies',
    promise: '300 comments, two processes, a fifth of the replies succeed but seem to fail: one answer each',
    file: 'test/outbox/reply.postgres.test.ts',
    project: 'postgres',
  },
  {
    name: 'mails',
    promise: 'replies by e-mail that quote commands, marked in any way or in none: 0 orders carried out',
    file: 'test/world/mails.test.ts',
    project: 'embedded',
    tests: 'however it marks the quotation',
  },
  {
    name: 'hostile-comments',
    promise: 'comments of 65,536 characters, built to be expensive: the work before the 202 stays within a bound',
    file: 'test/commands/worst-case-comments.test.ts',
    project: 'pure',
  },
  {
    name: 'access-comes-and-goes',
    promise:
      'access refused at random (suspended, permissions, tokens, everything) while issues are under way: one run and one comment each, no attempt spent',
    file: 'test/world/access-comes-and-goes.test.ts',
    project: 'postgres',
  },
  {
    name: 'partial-answers',
    promise:
      'answers in part, cut, empty, of a proxy or of another shape, and lists without an end: what was answered is used, the line stays in force, nothing is written twice',
    file: 'test/world/answers.test.ts',
    project: 'embedded',
  },
  {
    name: 'not-yet',
    promise:
      'links, runs, heads, roles and comments that GitHub shows late: seen within a minute and a half, none taken for no',
    file: 'test/world/not-yet.test.ts',
    project: 'embedded',
  },
  {
    name: 'strangers',
    promise:
      'what anybody can make on GitHub, by each of five kinds of people and bots: it does what docs/reference/strangers.md says',
    file: 'test/world/strangers-table.test.ts',
    project: 'embedded',
  },
  {
    name: 'breaker',
    promise:
      '200 issues, a provider closed for five hours: as many runs as slots and one per try, 0 attempts spent, 0 red, the next start within a minute',
    file: 'test/world/breaker.test.ts',
    project: 'embedded',
  },
  ...SWEEP_ROWS,
  ...DISPATCH_ROWS,
  {
    name: 'hostile-text',
    promise:
      '1,000 hostile titles, reasons, people, workflows and branches in comments, checks, replies, pages, JSON and terminals: nothing live, nothing broken',
    file: 'test/render/hostile-text.test.ts',
    project: 'pure',
  },
]
