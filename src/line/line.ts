// The stage table: which stages an issue passes through, in order, and what runs each of them.

export type StageName = string

/** One stage of the line. Durations are in seconds. */
export type StageConfig = {
  readonly name: StageName
  /** Workflow file name under `.github/workflows/`; null for the stage that follows the pull request. */
  readonly workflow: string | null
  /** Its runs are started elsewhere; Andon only observes them. */
  readonly observe: boolean
  /** How often Andon may start the stage before a person is needed. */
  readonly attempts: number
  /** What the next stage waits for once this one is done; null if nothing. */
  readonly gate: 'approval' | null
  /** Silence (no report, no job or step change) after which a live attempt is stalled. */
  readonly timeoutSeconds: number
  /** The longest that a whole run may take. */
  readonly limitSeconds: number
}

/** A repository's whole line: its stages in order, what starts it, its limits, and what it writes on GitHub. */
export type Line = {
  readonly stages: readonly StageConfig[]
  readonly checksBeforePullRequest: 'neutral' | 'off'
  readonly comments: 'per-stage' | 'one' | 'off'
  /** The label that puts an issue on the line; null if only a command does. */
  readonly startLabel: string | null
  /** How often reviews may send the work back to code before a person is needed. */
  readonly rework: number
  /** Attempts at once, and pipelines started per day, in this repository. */
  readonly limits: { readonly running: number; readonly startsPerDay: number }
  /** When Andon itself holds a workflow whose attempts fail alike; null: never. */
  readonly breaker: BreakerConfig | null
  /** Bots whose reviews and commands count: logins in lower case, as in `dependabot[bot]`. */
  readonly bots: readonly string[]
}

/** So many issues whose attempts fail so soon after they started. */
export type BreakerConfig = { readonly failures: number; readonly withinSeconds: number }

/** What applies when `.github/andon.yml` does not say otherwise. */
export const DEFAULTS = {
  timeoutSeconds: 30 * 60,
  limitSeconds: 6 * 60 * 60,
  attempts: 3,
  gate: null,
  checksBeforePullRequest: 'neutral',
  comments: 'per-stage',
  startLabel: 'andon',
  rework: 2,
  limits: { running: 4, startsPerDay: 50 },
  breaker: { failures: 3, withinSeconds: 60 },
  bots: [],
} as const satisfies Partial<Line & StageConfig>

/** The line of a repository without `.github/andon.yml`: Andon observes and starts nothing. */
export const OBSERVE_ONLY_LINE: Line = {
  stages: [
    observedStage('plan', 'plan.yml'),
    observedStage('code', 'code.yml'),
    observedStage('test', 'test.yml'),
    observedStage('review', null),
  ],
  checksBeforePullRequest: DEFAULTS.checksBeforePullRequest,
  comments: DEFAULTS.comments,
  startLabel: DEFAULTS.startLabel,
  rework: DEFAULTS.rework,
  limits: DEFAULTS.limits,
  breaker: DEFAULTS.breaker,
  bots: DEFAULTS.bots,
}

function observedStage(name: StageName, workflow: string | null): StageConfig {
  const { timeoutSeconds, limitSeconds, attempts, gate } = DEFAULTS
  return { name, workflow, observe: true, timeoutSeconds, limitSeconds, attempts, gate }
}
