// How GitHub validates a dispatch: against the trigger and the inputs that the workflow's file declares.
import { parse } from 'yaml'

type DeclaredInputs = Readonly<Record<string, { readonly required?: boolean; readonly default?: unknown } | null>>
type DispatchTrigger = { readonly inputs?: DeclaredInputs | null } | null
type WorkflowTriggers = string | readonly string[] | { readonly workflow_dispatch?: DispatchTrigger }

/** Why GitHub refuses to start this workflow with these inputs; null if it starts, as without a file in this world. */
export function whyNotDispatched(text: string | null, inputs: Readonly<Record<string, string>>): string | null {
  if (text === null) return null
  const file = parseOrNull(text)
  if (file === null) return 'failed to parse workflow: (Line: 1, Col: 1): Unexpected value'
  const declared = declaredInputs(file.on)
  if (declared === null) return "Workflow does not have 'workflow_dispatch' trigger"
  const unexpected = Object.keys(inputs).filter((name) => !(name in declared))
  if (unexpected.length > 0) return `Unexpected inputs provided: ${JSON.stringify(unexpected)}`
  const missing = Object.keys(declared).find((name) => {
    return declared[name]?.required === true && declared[name].default === undefined && !inputs[name]
  })
  return missing === undefined ? null : `Required input '${missing}' not provided`
}

function parseOrNull(text: string): { readonly on?: WorkflowTriggers } | null {
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** Null without the trigger. */
function declaredInputs(on: WorkflowTriggers | undefined): DeclaredInputs | null {
  if (typeof on === 'string') return on === 'workflow_dispatch' ? {} : null
  if (on === undefined) return null
  if ('length' in on) return on.includes('workflow_dispatch') ? {} : null
  return on.workflow_dispatch === undefined ? null : (on.workflow_dispatch?.inputs ?? {})
}
