// `check [FILE | DIR]`: the mistakes in a checkout's `.github/andon.yml` and in the workflows that it names.
import { statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { EX_DATAERR, EX_USAGE, failWith } from '../process/exit.ts'
import { printable } from '../text/printable.ts'
import { type CheckedProblem, checkAndonYmlAlone, checkCheckout } from './checkout.ts'
import { readCheckoutConfig } from './checkout-config.ts'

/** Resolves to the exit code: 65 if there is an error, 0 if there are only warnings or nothing. */
export async function runCheckCommand(args: readonly string[]): Promise<number> {
  const paths = args.filter((arg) => !arg.startsWith('-'))
  const options = args.filter((arg) => arg.startsWith('-'))
  if (paths.length > 1 || options.some((option) => option !== '--json')) {
    return failWith('use `check FILE`, `check DIR` or `check`, and `--json` for programs.', EX_USAGE)
  }
  const { directory, isGitHubActions } = readCheckoutConfig(process.env)
  const path = resolve(directory, paths[0] ?? '.')
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind === undefined) return failWith(`there is no file or folder ${printable(path)}.`, EX_USAGE)
  const { root, isCheckout } = rootOf(path, kind.isDirectory())
  const { files, problems } = isCheckout ? checkCheckout(root) : checkAndonYmlAlone(path)
  const shown = problems.map((problem) => ({ ...problem, file: relative(directory, resolve(root, problem.file)) }))
  if (options.length > 0) console.log(JSON.stringify({ files, problems: shown }, null, 2))
  else print(shown, files.length, isGitHubActions)
  return shown.some(({ severity }) => severity === 'error') ? EX_DATAERR : 0
}

/** A file in `.github` stands for its checkout, any other for itself. */
function rootOf(path: string, isDirectory: boolean): { readonly root: string; readonly isCheckout: boolean } {
  if (isDirectory) return { root: path, isCheckout: true }
  const [, root] = /^(.*)[\\/]\.github[\\/]/.exec(path) ?? []
  return root === undefined ? { root: resolve(path, '..'), isCheckout: false } : { root: root || '/', isCheckout: true }
}

function print(problems: readonly CheckedProblem[], files: number, isGitHubActions: boolean): void {
  for (const problem of problems) console.log(isGitHubActions ? annotation(problem) : sentence(problem))
  const checked = `${files} ${files === 1 ? 'file' : 'files'} checked`
  const count = (severity: CheckedProblem['severity']) => {
    const found = problems.filter((problem) => problem.severity === severity).length
    return `${found} ${severity}${found === 1 ? '' : 's'}`
  }
  console.log(`${checked}: ${problems.length === 0 ? 'nothing to mend' : `${count('error')}, ${count('warning')}`}.`)
}

function sentence({ file, line, column, severity, message }: CheckedProblem): string {
  return printable(`${file}:${line}:${column}: ${severity}: ${message}`)
}

/** GitHub shows it at its line (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands). */
function annotation({ file, line, column, severity, message }: CheckedProblem): string {
  const properties = { file, line: `${line}`, col: `${column}`, title: 'Andon' }
  const fields = Object.entries(properties).map(
    ([name, value]) => `${name}=${escapeText(value).replace(/[:,]/g, encodeURIComponent)}`,
  )
  return `::${severity} ${fields.join(',')}::${escapeText(message)}`
}

function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
