/**
 * Does the title of this workflow's runs contain the attempt key? Yes only for `run-name: … ${{ inputs.andon }} …`, on
 * one line and with the key as a word of its own. In doubt the answer is no: then no dispatch is sent twice.
 */
export function hasAttemptKeyInRunName(workflow: string): boolean {
  const [name, ...others] = workflow.split(/\r?\n/).flatMap((line) => RUN_NAME.exec(line)?.groups?.value ?? [])
  return name !== undefined && others.length === 0 && ATTEMPT_KEY_TOKEN.test(scalarOf(name.trim()))
}

/** Without indentation: an indented one belongs to something else. */
const RUN_NAME = /^(?:run-name|'run-name'|"run-name")\s*:\s(?<value>.*)$/
const ATTEMPT_KEY_TOKEN = /(?:^|\s)\$\{\{\s*(?:github\.event\.)?inputs\.andon\s*\}\}(?:\s|$)/
const QUOTED_SCALAR = /^(?:"(?<double>[^"\\]*)"|'(?<single>[^']*)')\s*(?:#.*)?$/

/** The scalar on a line of YAML; empty when it is of a kind that is not parsed here. */
function scalarOf(text: string): string {
  const quoted = QUOTED_SCALAR.exec(text)?.groups
  if (quoted) return quoted.double ?? quoted.single ?? ''
  return /^["'|>&*!#[{]/.test(text) ? '' : text.replace(/\s#.*$/, '')
}
