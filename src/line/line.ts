// The stage table: which stages an issue passes, in order, and what carries each of them.

export type StageName = string

/** One station of the line. Durations are in seconds. */
export type StageConfig = {
  readonly name: StageName
  /** Workflow file name under `.github/workflows/`; null for the stage that follows the pull request. */
  readonly workflow: string | null
  /** Somebody else starts its runs; Andon only watches. */
  readonly observe: boolean
  /** How often Andon may start the stage before a person is needed. */
  readonly attempts: number
  /** What must be given before the line goes on to the next stage; null when nothing must. */
  readonly gate: 'approval' | null
  /** Silence (no report, no job or step change) after which a live attempt is stalled. */
  readonly timeoutSeconds: number
  /** The longest a whole run may take. */
  readonly limitSeconds: number
}

/** A repository's whole line: its stages in order, what starts it, how far it may go, and what it writes on GitHub. */
export type Line = {
  readonly stages: readonly StageConfig[]
  readonly checksBeforePullRequest: 'neutral' | 'off'
  readonly comments: 'per-stage' | 'one' | 'off'
  /** The label that takes an issue up; null when only a command does. */
  readonly startLabel: string | null
  /** Rounds back to code that reviews may ask for; then a person is needed. */
  readonly rework: number
  /** Attempts that may run at once, and pipelines that may begin in a day, in this repository. */
  readonly limits: { readonly running: number; readonly startsPerDay: number }
  /** Bots whose reviews and commands count: logins in lower case, as in `dependabot[bot]`. */
  readonly bots: readonly string[]
}

/** What holds when `.github/andon.yml` does not say otherwise. */
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
  bots: [],
} as const satisfies Partial<Line & StageConfig>

/** The line of a repository without `.github/andon.yml`: Andon watches, and starts nothing. */
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
  bots: DEFAULTS.bots,
}

function observedStage(name: StageName, workflow: string | null): StageConfig {
  const { timeoutSeconds, limitSeconds, attempts, gate } = DEFAULTS
  return { name, workflow, observe: true, timeoutSeconds, limitSeconds, attempts, gate }
}
