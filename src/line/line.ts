// The stage table: which stages an issue passes, in order, and what carries each of them.

export type StageName = string

/** One station of the line. Durations are in seconds. */
export type StageRule = {
  readonly name: StageName
  /** Workflow file name under `.github/workflows/`; null for the stage that follows the pull request. */
  readonly workflow: string | null
  /** Somebody else starts its runs; Andon only watches. */
  readonly observe: boolean
  /** Silence (no report, no job or step change) after which a live attempt is stalled. */
  readonly timeoutSeconds: number
  /** The longest a whole run may take. */
  readonly limitSeconds: number
}

export type Line = {
  readonly stages: readonly StageRule[]
  readonly checksBeforePullRequest: 'neutral' | 'off'
  readonly comments: 'per-stage' | 'one' | 'off'
  readonly startLabel: string
}

const MINUTES = 60
const HOURS = 60 * MINUTES

/** The line of a repository without `.github/andon.yml`: Andon watches, and starts nothing. */
export const WATCHED_LINE: Line = {
  stages: [
    watched('plan', 'plan.yml'),
    watched('code', 'code.yml'),
    watched('test', 'test.yml'),
    watched('review', null),
  ],
  checksBeforePullRequest: 'neutral',
  comments: 'per-stage',
  startLabel: 'andon',
}

function watched(name: StageName, workflow: string | null): StageRule {
  return { name, workflow, observe: true, timeoutSeconds: 30 * MINUTES, limitSeconds: 6 * HOURS }
}
