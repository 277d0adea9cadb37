// Which tests run where. What needs no database runs once; everything else runs on both databases, unless only real
// Postgres or a real browser can show it, or it is a long story about rules. `npm test` provides both and says what it had to leave out.
import { defineConfig } from 'vitest/config'

const NO_DATABASE = [
  'test/{advance,commands,docs,doctor,line,pipeline,render,translate}/**/*.test.ts',
  'test/alerts/files.test.ts',
  'test/apply/commit-record.test.ts',
  'test/cli/{check,init}.test.ts',
  'test/{architecture,manifest,config,packaging,workflows}.test.ts',
  'test/faults/faults.test.ts',
  'test/inbox/{guard,probot}.test.ts',
  'test/outbox/{call-outcome,call-quota,lanes,unanswered-calls,write-budget,write-surface}.test.ts',
  'test/process/{directory-lock,keep-secret,postgres-refuses}.test.ts',
  'test/store/set-back.test.ts',
  'test/watchdog/{heartbeat,loop}.test.ts',
  'test/web/{action,feed,limit-by-address,listening-server,page-diff,probes,reports,shared-reading,shared-stream,site,stream,unread-changes}.test.ts',
]
const GITHUB = ['test/{github,demo,fake-github}/**/*.test.ts']
// Longer stories about the product's rules, which no database changes, run on one; shorter ones on both.
const ONLY_EMBEDDED = [
  'test/store/{embedded,prepared-statements}.test.ts',
  'test/alerts/alerts.test.ts',
  'test/push/notifications.test.ts',
  'test/web/database-away.test.ts',
  'test/sweep/{disturbed,labeled-issues,outages}.test.ts',
  'test/sign-in/api-tokens.test.ts',
  'test/world/{access,answers,asked-until-answered,binding,breaker,canary,cancelled,cannot-work,clocks}.test.ts',
  'test/world/{clock-set,dispatch-outage,folded-replies,github-limits,limited-agents,mails,need-comments,new-here}.test.ts',
  'test/world/{not-yet,one-hangs,one-negative-answer,own-absence,dropped,reconcile,refused-calls,strangers,strangers-table,ties}.test.ts',
  'test/world/{timed-holds,waiting}.test.ts',
]
// What takes long on either runs on the quicker one.
const ONLY_POSTGRES = [
  'test/**/*.postgres.test.ts',
  'test/cli/replay-and-drop.test.ts',
  'test/outbox/fair-share.test.ts',
  'test/sweep/sweep.test.ts',
  'test/web/{control-forms,controls}.test.ts',
]
const PROCESSES = ['test/processes/**/*.test.ts']
const BROWSER = ['test/browser/**/*.test.ts']
const END_TO_END = ['test/end-to-end/**/*.test.ts']
const EITHER_DATABASE = {
  include: ['test/**/*.test.ts'],
  exclude: [...NO_DATABASE, ...GITHUB, ...PROCESSES, ...BROWSER, ...END_TO_END],
}

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'github', include: GITHUB } },
      // Files share a process, its warm code and its open database: anew for each would take longer than most files do.
      // (Not those of `github`: nock, once loaded, holds the whole process.)
      { extends: true, test: { name: 'pure', include: NO_DATABASE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'embedded',
          include: EITHER_DATABASE.include,
          exclude: [...EITHER_DATABASE.exclude, ...ONLY_POSTGRES],
          isolate: false,
          env: { ANDON_TEST_KIND: 'embedded' },
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: EITHER_DATABASE.include,
          exclude: [...EITHER_DATABASE.exclude, ...ONLY_EMBEDDED],
          isolate: false,
          env: { ANDON_TEST_KIND: 'postgres', ANDON_TEST_LENDS: 'yes' },
        },
      },
      // Real processes and real browsers mostly wait: after the rest, side by side.
      {
        extends: true,
        test: {
          name: 'browser',
          include: BROWSER,
          env: { ANDON_TEST_KIND: 'embedded' },
          sequence: { groupOrder: 1 },
          testTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: { name: 'end-to-end', include: END_TO_END, sequence: { groupOrder: 1 }, testTimeout: 240_000 },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: PROCESSES,
          env: { ANDON_TEST_KIND: 'postgres' },
          sequence: { groupOrder: 1 },
          maxConcurrency: 4,
          testTimeout: 240_000,
        },
      },
    ],
  },
})
