/**
 * Is a run of this workflow seen to say the attempt key it was given? Only of `run-name: … ${{ inputs.andon }} …` on one
 * line, where the key stands as a word of its own, are we sure. In doubt the answer is no: then nothing is sent twice.
 */
export function hasAttemptKeyInRunName(workflow: string): boolean {
  const [name, ...others] = workflow.split(/\r?\n/).flatMap((line) => RUN_NAME.exec(line)?.groups?.value ?? [])
  return name !== undefined && others.length === 0 && ATTEMPT_KEY_TOKEN.test(scalarOf(name.trim()))
}

/** At the margin: further in, it belongs to something else. */
const RUN_NAME = /^(?:run-name|'run-name'|"run-name")\s*:\s(?<value>.*)$/
const ATTEMPT_KEY_TOKEN = /(?:^|\s)\$\{\{\s*(?:github\.event\.)?inputs\.andon\s*\}\}(?:\s|$)/
const QUOTED_SCALAR = /^(?:"(?<double>[^"\\]*)"|'(?<single>[^']*)')\s*(?:#.*)?$/

/** The scalar on a line of YAML; empty when it is of a kind that is not understood here. */
function scalarOf(text: string): string {
  const quoted = QUOTED_SCALAR.exec(text)?.groups
  if (quoted) return quoted.double ?? quoted.single ?? ''
  return /^["'|>&*!#[{]/.test(text) ? '' : text.replace(/\s#.*$/, '')
}
