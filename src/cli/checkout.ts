// A checkout of a repository that Andon works on: its andon.yml, its workflows, and what git says about them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { checkWorkflowFile } from '../line/check-workflow-file.ts'
import type { StageConfig } from '../line/line.ts'
import { parseAndonYml } from '../line/parse-andon-yml.ts'
import { parseYaml } from '../line/parse-yaml.ts'
import { didYouMean, nearest } from '../text/nearest.ts'

export type CheckedProblem = {
  /** Relative to the checkout. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  readonly message: string
}

type Checked = { readonly files: readonly string[]; readonly problems: readonly CheckedProblem[] }

export const ANDON_YML = '.github/andon.yml'
export const WORKFLOWS = '.github/workflows'
/** Where people put the file, and Andon does not look. */
const MISPLACED = ['.github/andon.yaml', 'andon.yml', 'andon.yaml', '.andon.yml', '.github/workflows/andon.yml']

/** The mistakes in the checkout's files, and in what git makes of them. */
export function checkCheckout(root: string): Checked {
  const { files, problems } = checkFiles(root)
  return { files, problems: [...gitProblems(root, files), ...problems] }
}

/** The mistakes in the checkout's andon.yml, and in the workflows that it names. */
export function checkFiles(root: string): Checked {
  const text = readOrNull(join(root, ANDON_YML))
  if (text === null) return { files: [], problems: [missingFile(root)] }
  const parsed = checkText(ANDON_YML, text)
  if (parsed.stages === null) return { files: [ANDON_YML], problems: parsed.problems }
  const names = listOrNone(join(root, WORKFLOWS))
  const workflows = parsed.stages.flatMap((stage) => (stage.workflow === null ? [] : [{ stage, name: stage.workflow }]))
  const found = workflows.filter(({ name }) => names.includes(name))
  const files = [ANDON_YML, ...found.map(({ name }) => `${WORKFLOWS}/${name}`)]
  return {
    files,
    problems: [
      ...workflows
        .filter(({ name }) => !names.includes(name))
        .map(({ stage, name }) => missingWorkflow(text, stage, name, names)),
      ...found.flatMap(({ stage, name }) => workflowProblems(root, stage, `${WORKFLOWS}/${name}`)),
    ],
  }
}

/** The mistakes in a file that lies in no checkout, whose workflows nobody knows. */
export function checkAndonYmlAlone(path: string): Checked {
  const file = basename(path)
  return { files: [file], problems: checkText(file, readFileSync(path, 'utf8')).problems }
}

/** What git prints in this folder; nothing if it fails, or if there is none. */
export function askGit(folder: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : ''
}

function checkText(
  file: string,
  text: string,
): { readonly stages: readonly StageConfig[] | null; readonly problems: readonly CheckedProblem[] } {
  const parsed = parseAndonYml(text)
  if ('line' in parsed) return { stages: parsed.line.stages, problems: [] }
  const problems = parsed.problems.map(({ fileLine, column, message }) => {
    return { file, line: fileLine, column, severity: 'error' as const, message }
  })
  return { stages: null, problems }
}

function workflowProblems(root: string, stage: StageConfig, file: string): readonly CheckedProblem[] {
  const text = readFileSync(join(root, file), 'utf8')
  return checkWorkflowFile(text, stage).map(({ fileLine, ...problem }) => ({ file, line: fileLine, ...problem }))
}

function missingFile(root: string): CheckedProblem {
  const misplaced = MISPLACED.find((file) => existsSync(join(root, file)))
  const message =
    misplaced === undefined
      ? 'There is no such file, so Andon only observes; `andon init` writes one.'
      : `Andon reads ${ANDON_YML} only; move ${misplaced} there.`
  return { file: misplaced ?? ANDON_YML, line: 1, column: 1, severity: 'error', message }
}

function missingWorkflow(text: string, stage: StageConfig, name: string, names: readonly string[]): CheckedProblem {
  const source = parseYaml(text)
  const position = 'problems' in source ? null : source.positionOf(['stages', stage.name, 'workflow'], 'value')
  const near = [...names.filter((other) => other.toLowerCase() === name.toLowerCase()), ...nearest(name, names)]
  const hint = didYouMean(near, '`andon init` writes an example.')
  return {
    file: ANDON_YML,
    line: position?.fileLine ?? 1,
    column: position?.column ?? 1,
    severity: 'error',
    message: `\`stages.${stage.name}.workflow\` is \`${name}\`, and ${WORKFLOWS}/ has no such file; ${hint}`,
  }
}

/** Files that GitHub will not see, and a branch that Andon does not read. */
function gitProblems(root: string, files: readonly string[]): readonly CheckedProblem[] {
  if (files.length === 0) return []
  const at = (file: string) => ({ file, line: 1, column: 1 })
  const ignored = askGit(root, 'check-ignore', '--', ...files)
    .split('\n')
    .filter(Boolean)
  const branch = askGit(root, 'symbolic-ref', '--short', 'HEAD')
  const defaultBranch = askGit(root, 'symbolic-ref', '--short', 'refs/remotes/origin/HEAD').replace(/^origin\//, '')
  const isElsewhere = branch !== '' && defaultBranch !== '' && branch !== defaultBranch
  const message = `This checkout is on \`${branch}\`; Andon reads this file, and starts workflows, on \`${defaultBranch}\` only.`
  return [
    ...(isElsewhere ? [{ ...at(ANDON_YML), severity: 'warning' as const, message }] : []),
    ...ignored.map((file) => ({
      ...at(file),
      severity: 'error' as const,
      message: 'Git ignores this file, so GitHub never sees it; take it out of .gitignore.',
    })),
  ]
}

function readOrNull(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

function listOrNone(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : []
}
