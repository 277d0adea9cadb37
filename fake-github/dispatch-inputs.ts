// What GitHub holds a dispatch against: the trigger and the inputs that the workflow's file declares.
import { parse } from 'yaml'

type Declared = Readonly<Record<string, { readonly required?: boolean } | null>>
type Trigger = { readonly inputs?: Declared | null } | null
type On = string | readonly string[] | { readonly workflow_dispatch?: Trigger }

/** Why GitHub does not start this workflow with these inputs; null when it does, as when nobody wrote the file here. */
export function whyNotStarted(text: string | null, inputs: Readonly<Record<string, string>>): string | null {
  if (text === null) return null
  const declared = declaredInputs((parse(text) as { readonly on?: On } | null)?.on)
  if (declared === null) return "Workflow does not have 'workflow_dispatch' trigger"
  const unexpected = Object.keys(inputs).filter((name) => !(name in declared))
  if (unexpected.length > 0) return `Unexpected inputs provided: ${JSON.stringify(unexpected)}`
  const missing = Object.keys(declared).find((name) => declared[name]?.required === true && !inputs[name])
  return missing === undefined ? null : `Required input '${missing}' not provided`
}

/** Null without the trigger. */
function declaredInputs(on: On | undefined): Declared | null {
  if (typeof on === 'string') return on === 'workflow_dispatch' ? {} : null
  if (on === undefined) return null
  if ('length' in on) return on.includes('workflow_dispatch') ? {} : null
  return on.workflow_dispatch === undefined ? null : (on.workflow_dispatch?.inputs ?? {})
}
