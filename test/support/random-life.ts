// One issue's life in which anything may happen next: every kind of event, from GitHub, people, agents, the outbox, admission
// and the clock, in any order, some of it late. The clock wakes the pipeline when it asked for it, as the watchdog does.
import type { SeededRandom } from '../../fake-github/random.ts'
import { type Line, OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import { wakeAt } from '../../src/pipeline/deadlines/enforce-deadlines.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { DispatchOutcome, Event } from '../../src/pipeline/model/events.ts'
import type { Conclusion } from '../../src/pipeline/model/facts.ts'
import type { DenialReason, RefusalCause } from '../../src/pipeline/model/reason.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { millisecondsAfter } from '../../src/text/milliseconds-after.ts'
import { expectMoving } from './expect-moving.ts'
import {
  deliveryEvidence,
  ISSUE,
  issueChanged,
  issueGone,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pullRequestChanged,
  REPOSITORY,
  reviewChanged,
  runChanged,
} from './pipeline-fixtures.ts'
import {
  admissionDenied,
  cancelResult,
  commandPermission,
  commentCreated,
  dispatchedRun,
  dispatchResult,
  lineWith,
  openPipelineHarness,
  reportReceived,
  woken,
} from './pipeline-harness.ts'

const LINES: readonly Line[] = [
  OBSERVE_ONLY_LINE,
  lineWith(),
  lineWith({ plan: { gate: 'approval' }, code: { attempts: 1 } }),
  lineWith({ test: { observe: true } }, { rework: 0 }),
  lineWith({ plan: { observe: true }, code: { gate: 'approval' } }),
]
const COMMANDS = [
  'start',
  'retry',
  'run',
  'cancel',
  'approve',
  'skip',
  'hold it breaks',
  'hold for 2h lunch',
  'resume',
  'status',
]
const CONCLUSIONS: readonly Conclusion[] = [
  ...['success', 'success', 'success', 'failure', 'cancelled', 'timed_out'],
  ...['skipped', 'neutral', 'stale', 'startup_failure', 'action_required'],
] as Conclusion[]
const CAUSES: readonly RefusalCause[] = [
  { kind: 'workflow-unknown' },
  { kind: 'file-missing' },
  { kind: 'workflow-disabled' },
  { kind: 'actions-disabled' },
  { kind: 'other' },
]
const DENIALS: readonly DenialReason[] = [
  { kind: 'running', count: 4, limit: 4 },
  { kind: 'starts-per-day', count: 50, limit: 50 },
  { kind: 'installation-suspended' },
  { kind: 'default-branch-unknown' },
]
const WORKFLOWS = ['plan.yml', 'code.yml', 'test.yml']
/** No life goes on without an event for longer. */
const LONGEST_PAUSE_MS = 3 * 60 * 60_000
/** More wake-ups at one moment than any state needs. */
const MAX_WAKES_AT_ONCE = 10

const QUIET_DAYS = 14

/** Lives one life of that many events; resolves to the final light's pipeline. Throws when it stands still in silence. */
export function liveRandomLife(chance: SeededRandom, events: number) {
  let now = minutesAfterNine(0)
  let nth = 0
  const first = chance.next() < 0.8 ? issueLabeled({ at: now }) : commentCreated('/andon start', { at: now })
  const life = openPipelineHarness(chance.pick(LINES), first)
  const late = () => (chance.next() < 0.1 ? millisecondsAfter(now, -chance.integer(LONGEST_PAUSE_MS)) : now)

  function apply(event: Event): void {
    life.apply(event)
    nth++
  }

  /** Lets time pass, and wakes the pipeline whenever it asked for it. */
  function pass(ms: number): void {
    const end = millisecondsAfter(now, ms)
    for (let wakes = 0, at = now; ; ) {
      const due = wakeAt(life.pipeline, now)
      if (due === null || due > end) break
      wakes = due <= at ? wakes + 1 : 0
      if (wakes > MAX_WAKES_AT_ONCE) throw new Error(`woken again and again at ${now}`)
      now = due > now ? due : now
      at = now
      apply(woken(now))
      answerQuestions(0.9)
    }
    now = end
  }

  function answerQuestions(share: number): void {
    const open = life.effects().filter((effect) => effect.type === 'ask')
    for (const effect of open) if (!answered.has(effect.key) && chance.next() < share) answer(effect)
  }

  const answered = new Set<string>()
  function answer({ key, question }: Extract<Effect, { type: 'ask' }>): void {
    answered.add(key)
    const base = { type: 'question.answered', at: now, evidence: { kind: 'read', id: key, at: now } } as const
    const here = { ...base, repository: REPOSITORY }
    if (question.about === 'permission')
      apply({
        ...here,
        question,
        answer: { about: 'permission', role: chance.pick(['write', 'write', 'read', 'none']) },
      })
    if (question.about === 'workflow')
      apply({ ...here, question, answer: { about: 'workflow', cause: chance.pick([null, ...CAUSES]) } })
    if (question.about === 'pull_request')
      apply({ ...here, question, answer: { about: 'pull_request', closes: [ISSUE], pullRequest: null } })
    if (question.about === 'run') {
      const stored = runs().find(({ id }) => id === question.runId)
      const seen = stored && chance.next() < 0.3 ? { ...stored, ...stateOf(), updatedAt: now } : stored
      apply({ ...here, question, answer: { about: 'run', run: chance.next() < 0.1 ? null : (seen ?? null) } })
    }
  }

  const attempts = () => life.pipeline.stages.flatMap((stage) => stage.attempts)
  const runs = () => attempts().flatMap(({ run }) => run ?? [])
  const keys = () => attempts().flatMap(({ key, control }) => (key !== null && control ? [key] : []))

  function stateOf() {
    const status = chance.pick(['queued', 'in_progress', 'in_progress', 'completed'] as const)
    return { status, conclusion: status === 'completed' ? chance.pick(CONCLUSIONS) : null }
  }

  function dispatchOutcome(): DispatchOutcome {
    const runId = 1_000 + nth
    return chance.pick<DispatchOutcome>([
      { state: 'sending' },
      { state: 'confirmed', runId, url: `https://github.com/acme/widgets/actions/runs/${runId}` },
      { state: 'confirmed', runId, url: `https://github.com/acme/widgets/actions/runs/${runId}` },
      { state: 'refused', reason: { kind: 'refused', workflow: 'plan.yml', cause: chance.pick(CAUSES), words: 'no' } },
      { state: 'refused', reason: { kind: 'tries-used-up', tries: 8 } },
      { state: 'unconfirmed', reason: { kind: 'run-not-named' }, needsPerson: chance.next() < 0.5 },
      { state: 'waiting', until: millisecondsAfter(now, 60_000), reason: { kind: 'rate-limited' } },
    ])
  }

  function ofRun(at: Instant): Event {
    const key = keys().at(-1)
    const known = runs().at(-1)
    const at2 = { at, ...stateOf() }
    if (known !== undefined && chance.next() < 0.5) {
      const runAttempt = known.runAttempt + (chance.next() < 0.1 ? 1 : 0)
      return runChanged({ ...known, ...at2, runAttempt, updatedAt: at, evidence: deliveryEvidence(at) })
    }
    if (key !== undefined && chance.next() < 0.5)
      return runChanged(dispatchedRun(key, 1_000 + nth, { ...at2, startedAt: at }))
    return runChanged({ id: 1_000 + nth, workflow: chance.pick(WORKFLOWS), startedAt: at, ...at2 })
  }

  const command = (at: Instant) => {
    const given = commentCreated(`/andon ${chance.pick(COMMANDS)}`, { at, commentId: 2_000 + nth })
    apply(given)
    return commandPermission(given, chance.next() < 0.9)
  }
  const push = (at: Instant): Event => {
    const paths = chance.pick([null, ['.github/andon.yml'], ['.github/workflows/plan.yml']])
    return {
      type: 'configuration.pushed',
      at,
      evidence: deliveryEvidence(at),
      repository: REPOSITORY,
      headSha: 'aaa0',
      paths,
    }
  }
  const issue = (at: Instant): Event => {
    if (chance.next() < 0.03) return issueGone(chance.pick(['deleted', 'transferred']), at)
    const stateReason = chance.pick(['completed', 'not_planned', 'reopened'] as const)
    const state = stateReason === 'reopened' ? 'open' : 'closed'
    return issueChanged({ at, state, stateReason, closedAt: state === 'closed' ? at : null })
  }
  const pullRequest = (at: Instant): Event => {
    const state = chance.pick(['open', 'open', 'open', 'closed', 'merged'] as const)
    return pullRequestChanged({ at, state, draft: chance.next() < 0.2, headSha: `head-${chance.integer(4)}` })
  }
  const review = (at: Instant): Event => {
    const state = chance.pick(['approved', 'changes_requested', 'changes_requested', 'commented', 'dismissed'] as const)
    const headSha = `head-${chance.integer(4)}`
    return reviewChanged({ id: 3_000 + nth, state, submittedAt: at, commitSha: headSha }, { at, headSha })
  }
  const aboutKey = (make: (key: string) => Event) => () => {
    const all = keys()
    return all.length === 0 ? null : make(chance.pick(all))
  }
  const runIdOf = (key: string) => {
    const own = attempts().find((attempt) => attempt.key === key)
    return own?.control?.runId ?? own?.run?.id ?? 1
  }
  const happenings: readonly (readonly [weight: number, happen: (at: Instant) => Event | null])[] = [
    [6, ofRun],
    [2, (at) => jobChanged({ runId: runs().at(-1)?.id ?? 100, at, id: 5_000 + nth })],
    [2, pullRequest],
    [2, review],
    [1, issue],
    [3, command],
    [1, (at) => issueLabeled({ at })],
    [8, aboutKey((key) => dispatchResult(key, dispatchOutcome(), now))],
    [2, aboutKey((key) => cancelResult(key, runIdOf(key), chance.pick(['accepted', 'refused', 'gone']), now))],
    [2, aboutKey((key) => reportReceived(key, runIdOf(key), now, { progress: chance.integer(101) }))],
    [1, () => admissionDenied(chance.pick(DENIALS), now, chance.next() < 0.5 ? millisecondsAfter(now, 60_000) : null)],
    [1, push],
    [1, (at) => ({ type: 'repository.changed', at, evidence: deliveryEvidence(at), repository: REPOSITORY })],
    [1, () => woken(now)],
  ]
  const all = happenings.flatMap(([weight, happen]) => Array.from({ length: weight }, () => happen))

  while (nth < events) {
    pass(chance.next() < 0.7 ? chance.integer(60_000) : chance.integer(LONGEST_PAUSE_MS))
    answerQuestions(0.7)
    if (chance.next() < 0.8 && life.admit(now) !== null) nth++
    const event = chance.pick(all)(late())
    if (event !== null) apply(event)
  }
  // Nothing happens any more but what the clock, admission and GitHub's answers bring about.
  for (let quiet = 0; quiet < QUIET_DAYS * 2; quiet++) {
    answerQuestions(1)
    if (life.admit(now) !== null) nth++
    pass(12 * 60 * 60_000)
  }
  const alone = { isHeldAround: false, isAsked: () => false, isAdmitted: false, wakeAt: null }
  expectMoving(life.pipeline, now, alone, 'after two quiet weeks')
  return { entries: life.entries, pipeline: life.pipeline, events: nth }
}
