// What a workflow's jobs and steps need to work under Andon.
import { didYouMean, nearest } from '../text/nearest.ts'
import { type FieldPath, isYamlMapping, type YamlMapping } from './parse-yaml.ts'
import {
  mappingAt,
  quoteExpression,
  quotePath,
  type WorkflowJob,
  type WorkflowProblem,
  type WorkflowSource,
} from './workflow-source.ts'

/** What GitHub gives a job without `timeout-minutes`. */
const GITHUB_TIMEOUT_MINUTES = 360
const REPORT_INPUTS = ['url', 'andon', 'progress', 'text', 'link']
const EXPRESSION = /\$\{\{(.*?)\}\}/gs
/** Text that strangers write, or that people type in when they start the workflow by hand. */
const UNTRUSTED = /\b(?:github\.event\b|github\.head_ref\b|inputs\.)/
/** What a script calls, and the permission that `github.token` needs for it. */
const NEEDS: readonly (readonly [RegExp, string, 'read' | 'write'])[] = [
  [/\bgh pr (?:create|edit|comment|merge)\b/, 'pull-requests', 'write'],
  [/\bgh issue (?:comment|edit|close)\b/, 'issues', 'write'],
  [/\bgh issue view\b/, 'issues', 'read'],
  [/\bgh api\b[^|]*\bactions\/workflows\b/s, 'actions', 'read'],
]

/** Jobs that GitHub refuses. */
export function jobProblems(workflow: WorkflowSource): readonly WorkflowProblem[] {
  const { jobs } = workflow
  if (jobs.length === 0)
    return [workflow.problem(['jobs'], 'key', '`jobs` is missing or empty; a workflow has at least one.')]
  const names = jobs.map(({ name }) => name)
  return jobs.flatMap(({ path, job, steps }) => {
    const needs = typeof job.needs === 'string' ? [job.needs] : Array.isArray(job.needs) ? job.needs.map(String) : []
    const unknown = needs.filter((name) => !names.includes(name))
    const problems = unknown.map((name) => {
      const hint = didYouMean(nearest(name, names), `the jobs are ${names.join(', ')}.`)
      return workflow.problem([...path, 'needs'], 'value', `There is no job \`${name}\`; ${hint}`)
    })
    // A job that calls a reusable workflow has no steps of its own.
    if (job.uses !== undefined) return problems
    const required = ['runs-on', 'steps'].filter((key) => job[key] === undefined || job[key] === null)
    return [
      ...problems,
      ...required.map((key) =>
        workflow.problem(path, 'key', `${quotePath(path)} has no \`${key}\`; GitHub refuses the file.`),
      ),
      ...steps.flatMap(({ path: stepPath, step }) => {
        if ((step.run === undefined) !== (step.uses === undefined)) return []
        const has = step.run === undefined ? 'neither `run` nor `uses`' : 'both `run` and `uses`'
        return [workflow.problem(stepPath, 'value', `${quotePath(stepPath)} has ${has}; a step has one of them.`)]
      }),
    ]
  })
}

/** Jobs and steps that do not do what Andon and its reports need. */
export function stepProblems(workflow: WorkflowSource): readonly WorkflowProblem[] {
  return workflow.jobs.flatMap((job) => [
    ...timeoutProblems(workflow, job),
    ...environmentProblems(workflow, job),
    ...job.steps.flatMap(({ path, step }) => [
      ...actionProblems(workflow, path, step),
      ...scriptProblems(workflow, job, path, step),
      ...reportProblems(workflow, job, path, step),
      ...emptyExpressions(workflow, path, step),
    ]),
  ])
}

function timeoutProblems({ stage, problem }: WorkflowSource, { path, job }: WorkflowJob): readonly WorkflowProblem[] {
  const given = job['timeout-minutes']
  const minutes = given === undefined ? GITHUB_TIMEOUT_MINUTES : given
  const limit = Math.floor(stage.limitSeconds / 60)
  if (job.uses !== undefined || typeof minutes !== 'number' || minutes <= limit) return []
  const is = given === undefined ? `is missing, and GitHub's default is ${minutes}` : `is ${minutes}`
  const message = `${quotePath([...path, 'timeout-minutes'])} ${is}, longer than the \`limit\` of the stage \`${stage.name}\`, at which Andon cancels the run; write at most ${limit}, or raise \`limit\`.`
  return [
    problem(given === undefined ? path : [...path, 'timeout-minutes'], given === undefined ? 'key' : 'value', message),
  ]
}

function environmentProblems({ problem }: WorkflowSource, { path, job }: WorkflowJob): readonly WorkflowProblem[] {
  if (job.environment === undefined) return []
  const message = `${quotePath([...path, 'environment'])}: if this environment has reviewers or a wait timer, every attempt waits for them; remove it, or use one without.`
  return [problem([...path, 'environment'], 'key', message, 'warning')]
}

function actionProblems(
  { problem }: WorkflowSource,
  path: FieldPath,
  { uses }: YamlMapping,
): readonly WorkflowProblem[] {
  if (typeof uses !== 'string') return []
  const at = [...path, 'uses']
  if (uses.startsWith('OWNER/')) {
    const message = `\`${uses}\` has a placeholder; replace \`OWNER\` by the owner of your Andon repository, and the branch best by a commit.`
    return [problem(at, 'value', message)]
  }
  if (/^(?:\.\/|docker:)/.test(uses) || uses.includes('@')) return []
  return [problem(at, 'value', `\`${uses}\` names no version; write \`${uses}@\` and a tag or a commit.`)]
}

function scriptProblems(
  workflow: WorkflowSource,
  { job }: WorkflowJob,
  path: FieldPath,
  step: YamlMapping,
): readonly WorkflowProblem[] {
  const script = typeof step.run === 'string' ? step.run : mappingAt(step, 'with').script
  if (typeof script !== 'string') return []
  const at = typeof step.run === 'string' ? [...path, 'run'] : [...path, 'with', 'script']
  const injected = expressionsIn(script).find((expression) => UNTRUSTED.test(expression))
  const problems: WorkflowProblem[] = []
  if (injected !== undefined) {
    const message = `${quoteExpression(injected)} is put into a script, where its text runs as code; pass it through \`env\`, and quote the variable.`
    problems.push(workflow.problem(at, 'key', message))
  }
  if (!/\bgh (?:issue|pr|api|run|workflow|repo|release) /.test(script)) return problems
  const tokens = [step, job, workflow.root].flatMap((scope) => {
    const env = mappingAt(scope, 'env')
    return env.GH_TOKEN ?? env.GITHUB_TOKEN ?? []
  })
  if (tokens.length === 0) {
    const message = `\`gh\` has no token here; give the step \`GH_TOKEN\` as ${quoteExpression('github.token')} in its \`env\`.`
    return [...problems, workflow.problem(at, 'key', message)]
  }
  if (!/github\.token|secrets\.GITHUB_TOKEN/.test(String(tokens[0]))) return problems
  const missing = NEEDS.filter(([call, scope, level]) => call.test(script) && !isGranted(workflow, job, scope, level))
  return [
    ...problems,
    ...missing.map(([, scope, level]) =>
      workflow.problem(at, 'key', `This script needs \`permissions: ${scope}: ${level}\` on its job; add it there.`),
    ),
  ]
}

function reportProblems(
  workflow: WorkflowSource,
  { path: jobPath, job }: WorkflowJob,
  path: FieldPath,
  step: YamlMapping,
): readonly WorkflowProblem[] {
  const given = mappingAt(step, 'with')
  const isAction = typeof step.uses === 'string' && (/\/andon\/action@/i.test(step.uses) || 'andon' in given)
  if (!isAction && !(typeof step.run === 'string' && step.run.includes('/api/reports'))) return []
  const problems: WorkflowProblem[] = []
  if (!isGranted(workflow, job, 'id-token', 'write')) {
    const message = `${quotePath(path)} reports to Andon, and ${quotePath(jobPath)} lacks \`permissions: id-token: write\`, by which GitHub vouches for it; add it to the job.`
    problems.push(workflow.problem(path, 'value', message))
  }
  if (!isAction) return problems
  for (const name of Object.keys(given).filter((key) => !REPORT_INPUTS.includes(key))) {
    const hint = didYouMean(nearest(name, REPORT_INPUTS), `it takes ${REPORT_INPUTS.join(', ')}.`)
    problems.push(workflow.problem([...path, 'with', name], 'key', `The report takes no \`${name}\`; ${hint}`))
  }
  if (!/^\s*\$\{\{\s*(?:github\.event\.)?inputs\.andon\s*\}\}\s*$/.test(String(given.andon ?? ''))) {
    const message = `The report does not carry the attempt key, so Andon ignores it; give it \`andon\` as ${quoteExpression('inputs.andon')}.`
    problems.push(workflow.problem([...path, 'with', 'andon'], 'key', message))
  }
  if (given.url === undefined) {
    const message = `The report does not say where Andon runs; give it \`url\` as ${quoteExpression('vars.ANDON_URL')}, and set that variable.`
    problems.push(workflow.problem([...path, 'with'], 'key', message))
  }
  if (typeof given.progress === 'number' && !(given.progress >= 0 && given.progress <= 100)) {
    problems.push(workflow.problem([...path, 'with', 'progress'], 'value', '`progress` is a number from 0 to 100.'))
  }
  return problems
}

/** A dispatch carries no issue: what would be its text is empty. */
function emptyExpressions(workflow: WorkflowSource, path: FieldPath, step: YamlMapping): readonly WorkflowProblem[] {
  return ['env', 'with'].flatMap((field) =>
    Object.entries(mappingAt(step, field)).flatMap(([name, value]) => {
      const expressions = typeof value === 'string' ? expressionsIn(value) : []
      const empty = expressions.find((text) => /\bgithub\.event\.(?:issue|comment|pull_request)\b/.test(text))
      if (empty === undefined || name === 'script') return []
      const message = `${quoteExpression(empty)} is empty in a run that Andon starts; let the step read the issue by its number, \`inputs.issue\`.`
      return [workflow.problem([...path, field, name], 'value', message)]
    }),
  )
}

function expressionsIn(text: string): readonly string[] {
  return [...text.matchAll(EXPRESSION)].map(([, expression = '']) => expression.trim())
}

/** Whether a job's token may do that; if no permissions are written down, all but `id-token` may be granted elsewhere. */
function isGranted({ root }: WorkflowSource, job: YamlMapping, scope: string, level: 'read' | 'write'): boolean {
  const permissions = job.permissions ?? root.permissions
  if (permissions === undefined || permissions === null) return scope !== 'id-token'
  if (!isYamlMapping(permissions))
    return permissions === 'write-all' || (permissions === 'read-all' && level === 'read')
  return permissions[scope] === 'write' || (level === 'read' && permissions[scope] === 'read')
}
