// In words: why an attempt got no slot, was not sent, or ended without a run.
import type { ClosedReason, DenialReason, DispatchReason } from '../pipeline/model/reason.ts'
import { describeHold, describeWorkflowHold, joinIssues } from './hold-text.ts'

/** Why an attempt got no slot: `4 of 4 running`. */
export function describeDenial(reason: DenialReason): string {
  switch (reason.kind) {
    case 'repository-removed':
      return 'Andon has no access to the repository any more'
    case 'repository-in-doubt':
      return 'GitHub is asked whether Andon still reaches the repository'
    case 'installation-suspended':
      return 'the installation is suspended'
    case 'default-branch-unknown':
      return 'the default branch is not known yet'
    case 'held':
      return describeHold(reason.hold)
    case 'held-by-andon':
      return describeWorkflowHold(reason.hold)
    case 'failing-alike':
      return `${reason.workflow} failed soon for ${joinIssues(reason.issues)}; the attempts under way show first whether it works`
    case 'starts-per-day':
      return `${reason.count} of ${reason.limit} started today`
    case 'running':
      return `${reason.count} of ${reason.limit} running`
  }
}

/** Why a dispatch waits, is in doubt or was refused. */
export function describeDispatch(reason: DispatchReason): string {
  switch (reason.kind) {
    case 'held':
      return describeHold(reason.hold)
    case 'held-by-andon':
      return describeWorkflowHold(reason.hold)
    case 'hold-over':
      return 'the hold is over'
    case 'rate-limited':
      return "GitHub's rate limit is reached"
    case 'write-budget-spent':
      return 'the limit for writing to GitHub is reached'
    case 'no-access':
      return 'GitHub refuses it for now'
    case 'sent-again':
      return 'GitHub shows no run for it, so it is sent once more'
    case 'github-unavailable':
      return `GitHub could not be reached: ${reason.words}`
    case 'run-not-named':
      return `GitHub accepted it without naming the run; ${SEARCHES_RUN}`
    case 'answer-lost':
      return `GitHub did not confirm the start: ${reason.words}; ${SEARCHES_RUN}`
    case 'sender-ended':
      return `the process that sent it ended before GitHub answered; ${SEARCHES_RUN}`
    case 'runs-hidden':
      return `GitHub does not list its runs: ${reason.words}`
    case 'key-not-echoed':
      return startUnknown(`the run-name of ${reason.workflow} does not contain the attempt key`)
    case 'workflow-missing':
      return startUnknown(`${reason.workflow} is not on the default branch`)
    case 'refused':
      return describeRefusal(reason)
    case 'tries-used-up':
      return `GitHub did not start it in ${reason.tries} tries`
    case 'given-up':
      return 'it was given up before it was sent'
  }
}

/** How an attempt ended without a conclusion of its run; follows the attempt's name. */
export function describeClosed(closed: ClosedReason): string {
  switch (closed.kind) {
    case 'refused':
      return `was refused: ${describeDispatch(closed.refusal)}`
    case 'gone':
      return 'has no run on GitHub any more'
    case 'abandoned':
      return 'could not be cancelled and was abandoned'
    case 'cancelled':
      if (closed.by !== null) return `was called off by @${closed.by}`
      return closed.run === 'never-seen'
        ? 'was called off; its run was never found'
        : 'was called off before it was sent'
  }
}

/** What a person must change, and where. */
function describeRefusal({ workflow, cause, words }: Extract<DispatchReason, { kind: 'refused' }>): string {
  const path = `.github/workflows/${workflow}`
  switch (cause.kind) {
    case 'workflow-unknown':
      return `GitHub does not know ${path} yet`
    case 'file-missing':
      return `${path} is not on the default branch; add it there, or name another workflow in .github/andon.yml`
    case 'file-invalid':
      return `GitHub cannot read ${path} (${words}); correct it`
    case 'no-trigger':
      return `${path} cannot be dispatched; add \`workflow_dispatch\` to its \`on\``
    case 'inputs-undeclared':
      return `${path} does not declare ${quotedList(cause.inputs)}; add to \`on.workflow_dispatch.inputs\` what is missing`
    case 'input-required':
      return `${path} requires \`${cause.input}\`, which Andon does not send; give it a default, or do not require it`
    case 'branch-missing':
      return `there is no branch ${cause.branch}; push it, or choose another default branch`
    case 'workflow-disabled':
      return `${workflow} is disabled; enable it under *Actions* on GitHub`
    case 'actions-disabled':
      return `GitHub Actions is off here (${words}); allow it in the settings on GitHub`
    case 'other':
      return `GitHub refused to start ${workflow}: ${words}`
  }
}

function quotedList(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' and ')
}

const SEARCHES_RUN = 'Andon is looking for its run'

function startUnknown(why: string): string {
  return `Andon cannot tell whether GitHub started it, because ${why}; a person must check before it is sent again`
}
