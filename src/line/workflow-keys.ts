// Misspelt names in a workflow. GitHub adds names over the years: one that is near no known name is left to GitHub.
import { nearest } from '../text/nearest.ts'
import { type FieldPath, isYamlMapping } from './parse-yaml.ts'
import { mappingAt, quotePath, type WorkflowProblem, type WorkflowSource } from './workflow-source.ts'

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
const WORKFLOW_KEYS = words('name run-name on permissions env defaults concurrency jobs')
const JOB_KEYS = words(
  'name permissions needs if runs-on snapshot environment concurrency outputs env defaults steps timeout-minutes strategy continue-on-error container services uses with secrets',
)
const STEP_KEYS = words('id if name uses run working-directory shell with env continue-on-error timeout-minutes')
const INPUT_KEYS = words('description required default type options deprecationMessage')
const CONCURRENCY_KEYS = words('group cancel-in-progress queue')
const SCOPES = words(
  'actions artifact-metadata attestations checks contents copilot-requests deployments discussions id-token issues models packages pages pull-requests repository-projects security-events statuses',
)
const LEVELS = words('read write none')

export function misspeltKeys(workflow: WorkflowSource): readonly WorkflowProblem[] {
  const { root, jobs } = workflow
  const dispatch = mappingAt(mappingAt(root, 'on'), 'workflow_dispatch')
  const dispatchPath = ['on', 'workflow_dispatch']
  const inputs = Object.entries(mappingAt(dispatch, 'inputs'))
  return [
    ...unknownKeys(workflow, [], root, WORKFLOW_KEYS),
    ...unknownKeys(workflow, dispatchPath, dispatch, ['inputs']),
    ...inputs.flatMap(([name, input]) => unknownKeys(workflow, [...dispatchPath, 'inputs', name], input, INPUT_KEYS)),
    ...unknownKeys(workflow, ['concurrency'], root.concurrency, CONCURRENCY_KEYS),
    ...permissionProblems(workflow, ['permissions'], root.permissions),
    ...jobs.flatMap(({ path, job, steps }) => [
      ...unknownKeys(workflow, path, job, JOB_KEYS),
      ...unknownKeys(workflow, [...path, 'concurrency'], job.concurrency, CONCURRENCY_KEYS),
      ...permissionProblems(workflow, [...path, 'permissions'], job.permissions),
      ...steps.flatMap(({ path: stepPath, step }) => unknownKeys(workflow, stepPath, step, STEP_KEYS)),
    ]),
  ]
}

/** Which candidate is probably meant to be the name that was expected; null if none is near it. */
export function suggestName(expected: string, candidates: readonly string[]): string | null {
  const [near] = nearest(expected, candidates)
  return near === undefined ? null : `is \`${near}\` meant to be \`${expected}\`? Rename it`
}

function unknownKeys(
  workflow: WorkflowSource,
  path: FieldPath,
  value: unknown,
  known: readonly string[],
): readonly WorkflowProblem[] {
  if (!isYamlMapping(value)) return []
  return Object.keys(value).flatMap((key) => {
    const [near] = known.includes(key) ? [] : nearest(key, known)
    if (near === undefined) return []
    const message = `${quotePath([...path, key])} is not a field that GitHub knows; did you mean \`${near}\`?`
    return [workflow.problem([...path, key], 'key', message)]
  })
}

function permissionProblems(
  workflow: WorkflowSource,
  path: FieldPath,
  permissions: unknown,
): readonly WorkflowProblem[] {
  if (!isYamlMapping(permissions)) return []
  const levels = Object.entries(permissions).filter(([, level]) => !LEVELS.includes(String(level)))
  return [
    ...unknownKeys(workflow, path, permissions, SCOPES),
    ...levels.map(([scope, level]) => {
      const message = `${quotePath([...path, scope])} is \`${String(level)}\`; a permission is \`read\`, \`write\` or \`none\`.`
      return workflow.problem([...path, scope], 'value', message)
    }),
  ]
}

function words(text: string): readonly string[] {
  return text.split(' ')
}
