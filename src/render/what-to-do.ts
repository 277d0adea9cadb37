// What a person should do now, and about what: in the titles of check runs and in the comments that ask for a person.
import { openPullRequest } from '../pipeline/facts/standing.ts'
import type { JobFact } from '../pipeline/model/facts.ts'
import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import type { Reason } from '../pipeline/model/reason.ts'
import { stageNeedOf } from '../pipeline/view/need.ts'

/** What to do about the stage, in a few words of plain text: `approve it`, `retry it`; null when there is nothing to do. */
export function whatToDo(pipeline: Pipeline, stage: Stage, canRetry: boolean): string | null {
  switch (stageNeedOf(stage)) {
    case 'approval':
      return 'approve it to go on'
    case 'approval-on-github':
      return 'approve its run on GitHub'
    case 'review': {
      const open = openPullRequest(pipeline)
      return open === null ? 'review it' : `review pull request ${open.number}`
    }
    case 'question':
      return 'look whether it runs, and else retry it'
    case 'limit':
      return 'decide whether another round may start'
    case 'permission':
      return 'someone who may write must start it'
    case 'failure':
      return canRetry ? 'retry it' : 'mend it and run its workflow again'
    case 'stall':
    case null:
      return canRetry && stage.status === 'cancelled' ? 'retry it if it is wanted' : null
  }
}

/** The reason without what it asks people to do. */
export function bareReason(reason: Reason | null): Reason | null {
  switch (reason?.kind) {
    case 'attempts-used-up':
    case 'attempt-cancelled':
    case 'waits-for-approval':
    case 'start-refused':
      return bareReason(reason.last)
    default:
      return reason
  }
}

/** The page of the job's log, at the step that failed. */
export function logUrlOf({ url, failedStep }: Pick<JobFact, 'url' | 'failedStep'>): string | null {
  return url === null || failedStep === undefined ? url : `${url}#step:${failedStep.number}:1`
}
