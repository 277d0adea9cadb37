// The runs of the workflows in docs/workflows: their jobs, their steps, and what those report to Andon.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export type StepReport = { readonly progress: number; readonly text: string }

export type Step = {
  readonly name: string
  /** What the step reports to Andon, if it is a report. */
  readonly report: StepReport | null
  /** Whether the step serves Andon: it reports, or it stops the run if an older one has the attempt. */
  readonly isForAndon: boolean
  /** The step's other effect. */
  readonly outcome: 'runs the agent' | 'opens the pull request' | null
}

export type Job = { readonly name: string; readonly steps: readonly Step[] }

export const WORKFLOWS = ['plan.yml', 'code.yml', 'test.yml'] as const

/** The text of a workflow in `docs/workflows`. */
export function readWorkflow(file: string): string {
  return readFileSync(resolve(import.meta.dirname, '../docs/workflows', file), 'utf8')
}

/** The jobs of a workflow. */
export function readJobs(file: string): readonly Job[] {
  const { jobs } = parse(readWorkflow(file)) as {
    readonly jobs: Readonly<Record<string, { readonly steps: YamlStep[] }>>
  }
  return Object.entries(jobs).map(([name, { steps }]) => ({ name, steps: steps.map(toStep) }))
}

type YamlStep = {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: { readonly progress?: number; readonly text?: string }
}

function toStep({ name, uses = '', run = '', with: given }: YamlStep): Step {
  const { progress, text } = given ?? {}
  const report = progress === undefined || text === undefined ? null : { progress, text }
  return {
    // GitHub's own name for a step without one.
    name: name ?? `Run ${uses}`,
    report,
    isForAndon: report !== null || run.includes('older='),
    outcome: run.includes('Replace this step')
      ? 'runs the agent'
      : run.includes('gh pr create')
        ? 'opens the pull request'
        : null,
  }
}
