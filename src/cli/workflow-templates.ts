// The files that `init` writes: docs/workflows with an agent's step in the place of its placeholder, and an andon.yml.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ANDON_YML, WORKFLOWS } from './checkout.ts'

const TEMPLATES = resolve(import.meta.dirname, '../../docs/workflows')
/** The step that an agent's takes the place of, with the comment that says so. */
const PLACEHOLDER = /^ {6}# Your agent goes here[\s\S]*?(?=^ {6}- name: (\w+)$)[\s\S]*?\n\n(?= {6}- name)/m
const INDENTATION = ' '.repeat(12)

/** The agents that `init --agent` knows, and the permission of the job that one needs beside the usual. */
export const AGENTS = {
  'claude-code': { permission: null },
  codex: { permission: null },
  openhands: { permission: null },
  copilot: { permission: 'copilot-requests: write' },
  empty: { permission: null },
} as const satisfies Readonly<Record<string, { readonly permission: string | null }>>

export type AgentName = keyof typeof AGENTS

export function isAgentName(name: string): name is AgentName {
  return Object.hasOwn(AGENTS, name)
}

export type TemplateFile = { readonly path: string; readonly text: string }

export type TemplateOptions = {
  readonly agent: AgentName
  /** The repository and version whose report action the workflows use, such as `acme/andon@main`. */
  readonly source: string
  /** Where Andon serves its JSON Schema; null if nobody said. */
  readonly url: string | null
}

/** andon.yml, and a workflow for each stage that has one. */
export function templateFiles(options: TemplateOptions): readonly TemplateFile[] {
  const workflows = (['plan', 'code', 'test'] as const).map((stage) => {
    return { path: `${WORKFLOWS}/${stage}.yml`, text: workflowOf(stage, options) }
  })
  return [{ path: ANDON_YML, text: andonYmlOf(options) }, ...workflows]
}

/** The names of the secrets and variables that these files read, those aside that every run has. */
export function settingsIn(files: readonly TemplateFile[]): {
  readonly secrets: readonly string[]
  readonly variables: readonly string[]
} {
  const names = (pattern: RegExp) => [
    ...new Set(files.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, name = '']) => name))),
  ]
  return { secrets: names(/\bsecrets\.(\w+)/g), variables: names(/\bvars\.(\w+)/g) }
}

function workflowOf(stage: 'plan' | 'code' | 'test', { agent, source }: TemplateOptions): string {
  const [repository, version] = source.split('@')
  const text = read(`${stage}.yml`)
    .replaceAll('OWNER/andon/action@main', `${repository}/action@${version}`)
    // What the header says about copying has been done.
    .replace(/^# (The stage [^\n]*?) Copy this to[\s\S]*?(?=^name:)/m, '# $1\n')
  if (stage === 'test' || agent === 'empty') return text
  const { permission } = AGENTS[agent]
  const prompt = read(`agents/${stage}.txt`).trimEnd().replaceAll('\n', `\n${INDENTATION}`)
  const named = text.replace(PLACEHOLDER, (_, name: string) => {
    const step = read(`agents/${agent}.yml`).replace('- name: STEP', `- name: ${name}`)
    return `${step.replace(/^ {12}PROMPT$/m, () => INDENTATION + prompt)}\n`
  })
  return permission === null ? named : named.replace(/^( {6})id-token: write$/m, `$&\n$1${permission}`)
}

function andonYmlOf({ source, url }: TemplateOptions): string {
  const [repository, version] = source.split('@')
  const schema = url ?? `https://raw.githubusercontent.com/${repository}/${version}/public`
  return `# yaml-language-server: $schema=${schema.replace(/\/$/, '')}${url === null ? '' : '/assets'}/andon.schema.json
# The line: which stages an issue goes through, and what does the work of each. All fields, and what they mean:
# https://github.com/${repository}/blob/${version}/docs/reference/configuration.md

start: { label: andon }            # an issue with this label starts; \`/andon start\` in a comment always does
stages:                            # their order is the order of the line
  # A person approves the plan before code is written: \`/andon approve\`, or the button on the check.
  plan: { workflow: plan.yml, timeout: 1h, limit: 2h, gate: approval }
  # \`timeout\` bounds silence. An agent's step says nothing while it works, so it is as long as the step may take.
  code: { workflow: code.yml, timeout: 2h, limit: 3h }
  test: { workflow: test.yml, timeout: 1h, limit: 2h }
  review: { pull_request: true }
rework: 2                          # rounds back to code that reviews may ask for; then a person is needed
limits: { running: 2, starts_per_day: 10 }
`
}

function read(file: string): string {
  return readFileSync(resolve(TEMPLATES, file), 'utf8')
}
