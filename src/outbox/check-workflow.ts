import type { WorkflowState } from '../github/workflow-runs.ts'
import { DISPATCH_INPUTS, dispatchInputsOf } from '../line/workflow-file.ts'
import type { RefusalCause } from '../pipeline/model/reason.ts'

/** Why the workflow cannot be started, as its state and its file on the default branch say; null when nothing forbids it. */
export function whyNotStartable(state: WorkflowState | null, file: string | null): RefusalCause | null {
  if (file === null) return { kind: 'file-missing' }
  if (state === 'disabled') return { kind: 'workflow-disabled' }
  const declared = dispatchInputsOf(file)
  if (declared === 'invalid') return { kind: 'file-invalid' }
  if (declared === 'no-trigger') return { kind: 'no-trigger' }
  const sent: readonly string[] = DISPATCH_INPUTS
  const undeclared = sent.filter((name) => declared.every((input) => input.name.toLowerCase() !== name))
  if (undeclared.length > 0) return { kind: 'inputs-undeclared', inputs: undeclared }
  const required = declared.find(({ name, isRequired }) => isRequired && !sent.includes(name.toLowerCase()))
  if (required !== undefined) return { kind: 'input-required', input: required.name }
  // The file is there, and GitHub has yet to notice it.
  return state === null ? { kind: 'workflow-unknown' } : null
}
