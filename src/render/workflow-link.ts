import type { Stage } from '../pipeline/model/pipeline.ts'

/** Where a person repairs what GitHub refuses to start: the workflow's file, or its page where it is enabled; null when nothing is. */
export function workflowUrlOf({ reason }: Pick<Stage, 'reason'>, issueUrl: string | null): string | null {
  if (reason?.kind !== 'start-refused' && reason?.kind !== 'checks-workflow') return null
  const closed = reason.last?.kind === 'closed' ? reason.last.closed : null
  const refusal = closed?.kind === 'refused' ? closed.refusal : null
  const repositoryUrl = /^(https?:\/\/.+)\/issues\/\d+$/.exec(issueUrl ?? '')?.[1]
  if (refusal?.kind !== 'refused' || repositoryUrl === undefined) return null
  const isDisabled = refusal.cause.kind === 'workflow-disabled' || refusal.cause.kind === 'actions-disabled'
  // HEAD is the default branch, by whatever name.
  return isDisabled
    ? `${repositoryUrl}/actions/workflows/${refusal.workflow}`
    : `${repositoryUrl}/blob/HEAD/.github/workflows/${refusal.workflow}`
}
