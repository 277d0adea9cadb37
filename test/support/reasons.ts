// Reasons for stages that are written by hand.
import type { AttemptReason, AttemptRef, DispatchReason, Reason } from '../../src/pipeline/model/reason.ts'

/** The first attempt, at an observed stage. */
export const FIRST: AttemptRef = { number: 1, limit: null, rerun: 0 }

export const RUNS: Reason = { kind: 'running', attempt: FIRST, job: null }
export const SUCCEEDED: Reason = { kind: 'concluded', attempt: FIRST, conclusion: 'success', failedJob: null }
export const IN_REVIEW: Reason = { kind: 'waits-for-review', reviewer: null }

export function failedIn(failedJob: string | null, attempt = FIRST): AttemptReason {
  return { kind: 'concluded', attempt, conclusion: 'failure', failedJob }
}

export function atStep(step: string, stepsCompleted: number, stepsTotal: number, attempt = FIRST): Reason {
  return { kind: 'running', attempt, job: { name: 'build', step, stepsCompleted, stepsTotal } }
}

/** GitHub refuses to start plan.yml, with this message. */
export function refusal(words: string): DispatchReason {
  return { kind: 'refused', workflow: 'plan.yml', cause: { kind: 'other' }, words }
}

/** A person is needed: the workflow does not echo the attempt's key. */
export const KEY_NOT_ECHOED: DispatchReason = { kind: 'key-not-echoed', workflow: 'plan.yml' }
