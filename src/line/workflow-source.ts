// A workflow's file as its rules read it: parts by path, and problems with their positions.
import type { StageConfig } from './line.ts'
import { type FieldPath, isYamlMapping, parseYaml, type YamlMapping, type YamlSource } from './parse-yaml.ts'

/** A mistake in a workflow that a stage names. A warning may be meant. */
export type WorkflowProblem = {
  readonly fileLine: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** What is wrong, and how to mend it. */
  readonly message: string
}

export type WorkflowSource = {
  readonly text: string
  readonly stage: StageConfig
  readonly root: YamlMapping
  readonly jobs: readonly WorkflowJob[]
  problem(path: FieldPath, what: 'key' | 'value', message: string, severity?: 'warning'): WorkflowProblem
}

export type WorkflowJob = {
  readonly name: string
  readonly path: FieldPath
  readonly job: YamlMapping
  readonly steps: readonly { readonly path: FieldPath; readonly step: YamlMapping }[]
}

const WORKFLOW_LIMITS = { maxKibibytes: 512, allowsAliases: true }

/** The workflow, or why it cannot be read. */
export function readWorkflowSource(
  text: string,
  stage: StageConfig,
): WorkflowSource | { readonly problems: readonly WorkflowProblem[] } {
  const source = parseYaml(text, WORKFLOW_LIMITS)
  if ('problems' in source) {
    return { problems: source.problems.map(({ field: _, ...problem }) => ({ ...problem, severity: 'error' })) }
  }
  if (!isYamlMapping(source.value)) {
    const message = 'This is not a workflow: its fields `on` and `jobs` are missing.'
    return { problems: [{ fileLine: 1, column: 1, severity: 'error', message }] }
  }
  return {
    text,
    stage,
    root: source.value,
    jobs: jobsOf(source.value),
    problem: (path, what, message, severity) => problemOf(source, path, what, message, severity ?? 'error'),
  }
}

/** The mapping at a field; empty where there is none. */
export function mappingAt(parent: YamlMapping, name: string): YamlMapping {
  const value = parent[name]
  return isYamlMapping(value) ? value : {}
}

/** A path as people read it. */
export function quotePath(path: FieldPath): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return `\`${text.replace(/^\./, '')}\``
}

/** An expression as GitHub writes it. */
export function quoteExpression(expression: string): string {
  return `\`\${{ ${expression} }}\``
}

function problemOf(
  source: YamlSource,
  path: FieldPath,
  what: 'key' | 'value',
  message: string,
  severity: WorkflowProblem['severity'],
): WorkflowProblem {
  return { ...source.positionOf(path, what), severity, message }
}

function jobsOf(root: YamlMapping): readonly WorkflowJob[] {
  return Object.entries(mappingAt(root, 'jobs')).flatMap(([name, job]) => {
    if (!isYamlMapping(job)) return []
    const path = ['jobs', name]
    const steps = Array.isArray(job.steps) ? job.steps : []
    return {
      name,
      path,
      job,
      steps: steps.flatMap((step: unknown, index) =>
        isYamlMapping(step) ? [{ path: [...path, 'steps', index], step }] : [],
      ),
    }
  })
}
