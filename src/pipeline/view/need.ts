// What a person is needed for, where a comment can ask for it. Nobody is asked about what a person has just done, a hold or
// a cancellation, nor about what only the operator can mend.
import { mayUseCommand } from '../../commands/commands.ts'
import { isDispatched, reworkStage } from '../../line/stage-rules.ts'
import { openPullRequest } from '../facts/standing.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import type { Role } from '../model/questions.ts'
import { type Instant, secondsAfter } from '../model/time.ts'
import { currentAttempt } from '../stages/attempts.ts'
import { startedBy } from '../stages/pipeline-start.ts'
import { NO_TRIGGER, triggerOf } from '../stages/triggers.ts'
import { asksForPersonAt, headlineInNeed, isUnansweredByGitHub, problemsToAskAbout } from './needs-you.ts'

/**
 * `approval`: of a gate; `approval-on-github`: of a run; `limit`: rounds or hours are used up; `question`: Andon cannot know
 * whether a run was started; `stall`: nothing moves; `permission`: who asked for the start may not.
 */
export type NeedKind =
  | 'approval'
  | 'approval-on-github'
  | 'review'
  | 'failure'
  | 'limit'
  | 'question'
  | 'stall'
  | 'permission'

/** A person is needed at a stage. */
export type Need = {
  readonly kind: NeedKind
  readonly stage: Stage
  /** The stage that a retry begins with; null where Andon does not start it. */
  readonly redo: Stage['name'] | null
  /** The series and the attempt. */
  readonly id: string
  /** Needs of one kind follow each other in a series until a person acts: starts, retries, or asks for changes. */
  readonly series: string
}

/** The need at this moment; null while there is none that a comment can ask for. */
export function needOf(pipeline: Pipeline, now: Instant): Need | null {
  const need = upcomingNeed(pipeline)
  return need === null || need.at > now ? null : need
}

/** The need that there is, or will be from then on unless something changes. */
export function upcomingNeed(pipeline: Pipeline): (Need & { readonly at: Instant }) | null {
  const since = asksForPersonAt(pipeline)
  const { stage: name } = headlineInNeed(pipeline)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (since === null || stage === undefined) return null
  const standing = stageNeedOf(stage)
  const kind = standing ?? kindOfSilence(pipeline, stage)
  if (kind === null) return null
  // A click's trigger contains a GUID from a header.
  const trigger = (triggerOf(pipeline, stage)?.id ?? NO_TRIGGER).replace(/[^\w/-]/g, '_')
  const series = `${name}/${kind}/${trigger}/`
  const at = standing === null ? secondsAfter(since, SILENCE_SECONDS) : since
  return { kind, stage, redo: stageToRedo(pipeline, stage), series, id: series + occasionOf(pipeline, stage), at }
}

/** Within this, Andon reads a silent run from GitHub, cancels it, by force if it must, and tries again: nobody is needed. */
const SILENCE_SECONDS = 15 * 60

/** Who is asked for it, beside those the issue is assigned to: only people who may write are told. */
export function peopleToAsk(pipeline: Pipeline): readonly string[] {
  const login = startedBy(pipeline)
  return login === null ? [] : [login]
}

/** May someone with this role do what the comment asks for? */
export function mayAnswerNeed(role: Role): boolean {
  return mayUseCommand(role, 'approve')
}

/** What the stage itself needs a person for, whatever the time. */
export function stageNeedOf({ status, reason }: Pick<Stage, 'status' | 'reason'>): NeedKind | null {
  if (reason?.kind === 'waits-for-github-approval') return 'approval-on-github'
  if (reason?.kind === 'lacks-permission') return 'permission'
  if (reason?.kind === 'unconfirmed' && reason.needsPerson) return 'question'
  if (status === 'review') return reason?.kind === 'waits-for-approval' ? 'approval' : 'review'
  if (status !== 'failed') return null
  return reason?.kind === 'rework-used-up' ? 'limit' : 'failure'
}

function kindOfSilence(pipeline: Pipeline, { status, reason }: Stage): NeedKind | null {
  if (status === 'cancelled' || pipeline.issue.isContested) return null
  if (isUnansweredByGitHub(reason) || reason?.kind === 'denied' || reason?.kind === 'file-mistaken') return null
  const [problem] = problemsToAskAbout(pipeline)
  return reason?.kind === 'waits-for-run' || problem?.health === 'stale' ? 'limit' : 'stall'
}

function stageToRedo({ line }: Pipeline, { name, reason }: Stage): Stage['name'] | null {
  if (reason?.kind === 'rework-used-up') return reworkStage(line)
  return line.stages.some((rule) => rule.name === name && isDispatched(rule)) ? name : null
}

/** The attempt, or the pull request with the number of verdicts against it. A run that is run again is another try. */
function occasionOf(pipeline: Pipeline, stage: Stage): string {
  const attempt = currentAttempt(stage)
  if (attempt !== null) {
    const { key, run, control } = attempt
    const rerun = run !== null && run.runAttempt > 1 ? `/${run.runAttempt}` : ''
    const name = control === undefined || key === null ? `run-${run?.id}` : key.slice(key.lastIndexOf('/') + 1)
    return name + rerun
  }
  const pullRequest = openPullRequest(pipeline)
  if (pullRequest === null) return '0'
  const { number, reviews, writePermissions } = pullRequest
  const against = reviews.filter(({ state, reviewer }) => {
    return state === 'changes_requested' && writePermissions[reviewer]?.granted === true
  })
  return `pull-${number}-${against.length}`
}
