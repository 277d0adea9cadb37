// Why GitHub refuses to start a workflow, in its own words. They carry no code; what is not known here is shown as it came.
import type { RefusalCause } from '../pipeline/model/reason.ts'

/** The cause of a 404 (`isUnknown`) or a 422 that answered a dispatch. */
export function translateDispatchRefusal(answer: string, isUnknown: boolean): RefusalCause {
  if (isUnknown) return { kind: 'workflow-unknown' }
  if (/does not have '?workflow_dispatch'? trigger/i.test(answer)) return { kind: 'no-trigger' }
  if (/on a disabled workflow/i.test(answer)) return { kind: 'workflow-disabled' }
  if (/Actions (?:has been|is) disabled/i.test(answer)) return { kind: 'actions-disabled' }
  if (/failed to parse workflow|invalid workflow file|you may only define up to/i.test(answer))
    return { kind: 'file-invalid' }
  const ref = /No ref found for: (\S+)/i.exec(answer)?.[1]
  if (ref !== undefined) return { kind: 'branch-missing', branch: ref.replace(/^refs\/heads\//, '') }
  const input = /Required input '([^']+)' not provided/i.exec(answer)?.[1]
  if (input !== undefined) return { kind: 'input-required', input }
  const undeclared = /Unexpected inputs provided: \[([^\]]*)\]/i.exec(answer)?.[1]
  if (undeclared !== undefined)
    return { kind: 'inputs-undeclared', inputs: undeclared.split(',').map((name) => name.replace(/["\s]/g, '')) }
  return { kind: 'other' }
}
