// What keeps a workflow from being started by Andon, or from working once it is started: found before the push.
import type { StageConfig } from './line.ts'
import { type FieldPath, isYamlMapping, type YamlMapping } from './parse-yaml.ts'
import { hasAttemptKeyInRunName } from './run-name.ts'
import { isDispatched } from './stage-rules.ts'
import { DISPATCH_INPUTS } from './workflow-file.ts'
import { jobProblems, stepProblems } from './workflow-jobs.ts'
import { misspeltKeys, suggestName } from './workflow-keys.ts'
import {
  mappingAt,
  quoteExpression,
  readWorkflowSource,
  type WorkflowProblem,
  type WorkflowSource,
} from './workflow-source.ts'

/** https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_dispatch */
const MAX_INPUTS = 25
/** What sets the group of one issue apart from that of another. */
const NAMES_ONE_RUN = /\binputs\.(?:andon|issue)\b|\bgithub\.run_id\b/

/** The mistakes in the workflow of this stage, in file order. */
export function checkWorkflowFile(text: string, stage: StageConfig): readonly WorkflowProblem[] {
  const workflow = readWorkflowSource(text, stage)
  if ('problems' in workflow) return workflow.problems
  const rules = isDispatched(stage) ? [...RULES_OF_ALL, ...RULES_OF_DISPATCHED] : RULES_OF_ALL
  return rules.flatMap((rule) => rule(workflow)).toSorted((a, b) => a.fileLine - b.fileLine || a.column - b.column)
}

type Rule = (workflow: WorkflowSource) => readonly WorkflowProblem[]

const RULES_OF_ALL: readonly Rule[] = [misspeltKeys, jobProblems]
const RULES_OF_DISPATCHED: readonly Rule[] = [triggerProblems, runNameProblems, concurrencyProblems, stepProblems]

function triggerProblems(workflow: WorkflowSource): readonly WorkflowProblem[] {
  const { on } = workflow.root
  const names =
    typeof on === 'string' ? [on] : Array.isArray(on) ? on.map(String) : isYamlMapping(on) ? Object.keys(on) : []
  if (names.includes('workflow_dispatch')) {
    const trigger = isYamlMapping(on) ? mappingAt(on, 'workflow_dispatch') : {}
    return inputProblems(workflow, mappingAt(trigger, 'inputs'))
  }
  const message = `\`on\` has no \`workflow_dispatch\`, by which Andon starts this workflow; ${suggestName('workflow_dispatch', names) ?? 'add it, with the inputs `issue` and `andon`'}.`
  return [workflow.problem(['on'], 'key', message)]
}

function inputProblems(workflow: WorkflowSource, inputs: YamlMapping): readonly WorkflowProblem[] {
  const path = ['on', 'workflow_dispatch', 'inputs']
  const declared = Object.keys(inputs)
  const sent: readonly string[] = DISPATCH_INPUTS
  const others = declared.filter((name) => !sent.includes(name.toLowerCase()))
  const problems: WorkflowProblem[] = []
  if (declared.length > MAX_INPUTS) {
    const message = `${declared.length} inputs are declared, and GitHub allows ${MAX_INPUTS}; remove some.`
    problems.push(workflow.problem(path, 'key', message))
  }
  for (const name of DISPATCH_INPUTS) {
    const found = declared.find((input) => input.toLowerCase() === name)
    if (found === undefined) {
      const hint = suggestName(name, others) ?? 'declare it with `type: string`'
      const message = `The input \`${name}\` is not declared, and GitHub refuses a dispatch with an input that is not; ${hint}.`
      problems.push(workflow.problem(path, 'key', message))
    } else problems.push(...inputTypeProblems(workflow, name, [...path, found], mappingAt(inputs, found)))
  }
  for (const name of others) {
    const input = mappingAt(inputs, name)
    if (input.required !== true || input.default !== undefined) continue
    const message = `The input \`${name}\` is required and has no default, but Andon sends only \`issue\` and \`andon\`; give it a \`default\`, or remove \`required\`.`
    problems.push(workflow.problem([...path, name], 'key', message))
  }
  return problems
}

function inputTypeProblems(
  workflow: WorkflowSource,
  name: string,
  path: FieldPath,
  { type }: YamlMapping,
): readonly WorkflowProblem[] {
  if (type === undefined || type === 'string' || (type === 'number' && name === 'issue')) return []
  const message = `The input \`${name}\` has the type \`${String(type)}\`, and Andon sends text; write \`type: string\`.`
  return [workflow.problem([...path, 'type'], 'value', message)]
}

function runNameProblems(workflow: WorkflowSource): readonly WorkflowProblem[] {
  if (hasAttemptKeyInRunName(workflow.text)) return []
  const is =
    workflow.root['run-name'] === undefined ? 'is missing' : 'does not carry the attempt key as a word of its own'
  const message = `\`run-name\` ${is}, by which Andon finds its run again when GitHub's answer is lost; write \`run-name: "andon \${{ inputs.andon }}"\`, on one line.`
  return [workflow.problem(['run-name'], 'key', message)]
}

function concurrencyProblems(workflow: WorkflowSource): readonly WorkflowProblem[] {
  const places = [
    { path: ['concurrency'] as FieldPath, concurrency: workflow.root.concurrency },
    ...workflow.jobs.map(({ path, job }) => ({ path: [...path, 'concurrency'], concurrency: job.concurrency })),
  ]
  return places.flatMap(({ path, concurrency }) => {
    const group = isYamlMapping(concurrency) ? concurrency.group : concurrency
    if (typeof group !== 'string' || NAMES_ONE_RUN.test(group)) return []
    const cancels = isYamlMapping(concurrency) && concurrency['cancel-in-progress'] === true
    const effect = cancels
      ? 'a run of one issue cancels that of another'
      : 'issues wait for each other, and GitHub cancels all that wait but the newest'
    const message = `The concurrency group is the same for every issue, so ${effect}; put ${quoteExpression('inputs.andon || github.run_id')} into it.`
    return [workflow.problem(path, 'key', message)]
  })
}
