// What a workflow's file says about dispatching it.
import { parse } from 'yaml'
import { isYamlMapping } from './parse-yaml.ts'

/** The inputs of every dispatch. */
export const DISPATCH_INPUTS = ['issue', 'andon'] as const

/** The inputs that the file declares; `isRequired` without a default. */
export type DeclaredInput = { readonly name: string; readonly isRequired: boolean }

/** The declared inputs of `on: workflow_dispatch`, or why there are none. */
export function dispatchInputsOf(text: string): readonly DeclaredInput[] | 'invalid' | 'no-trigger' {
  const triggers = fieldOf(parseOrNull(text), 'on')
  if (triggers === undefined) return 'invalid'
  if (triggers === TRIGGER || (Array.isArray(triggers) && triggers.includes(TRIGGER))) return []
  const trigger = fieldOf(triggers, TRIGGER)
  if (trigger === undefined) return 'no-trigger'
  const inputs = fieldOf(trigger, 'inputs')
  if (typeof inputs !== 'object' || inputs === null) return []
  return Object.entries(inputs).map(([name, input]) => {
    return { name, isRequired: fieldOf(input, 'required') === true && fieldOf(input, 'default') === undefined }
  })
}

const TRIGGER = 'workflow_dispatch'

function parseOrNull(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch {
    return null
  }
}

/** Undefined where there is no such field; a field without a value is null. */
function fieldOf(value: unknown, name: string): unknown {
  return isYamlMapping(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
