// `init [DIR] --agent NAME`: writes andon.yml and its workflows into a checkout, and says what to do next.
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { printable } from '../text/printable.ts'
import { askGit } from './checkout.ts'
import { readCheckoutConfig } from './checkout-config.ts'
import { AGENTS, isAgentName, settingsIn, type TemplateFile, templateFiles } from './workflow-templates.ts'

const ANDONS_FOLDER = resolve(import.meta.dirname, '../..')
const OPTIONS = {
  agent: { type: 'string' },
  from: { type: 'string' },
  url: { type: 'string' },
  force: { type: 'boolean', default: false },
} as const
/** Stands where nobody knows who owns the Andon repository; `check` finds it. */
const UNKNOWN_SOURCE = 'OWNER/andon@main'

/** Resolves to the exit code: 1 if a file that is there already would have been overwritten. */
export async function runInitCommand(args: readonly string[]): Promise<number> {
  const parsed = parse(args)
  if (typeof parsed === 'string') return failWith(parsed, EX_USAGE)
  const { directory, agent, from, url, force } = parsed
  const root = resolve(readCheckoutConfig(process.env).directory, directory)
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return failWith(`there is no folder ${printable(root)}: name the checkout of a repository.`, EX_USAGE)
  }
  const source = from ?? sourceOfThisCopy() ?? UNKNOWN_SOURCE
  const files = templateFiles({ agent, source, url }).filter((file) => !isThere(root, file))
  const changed = files.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path)
  if (changed.length > 0 && !force) {
    const are = changed.length === 1 ? 'is there already and differs' : 'are there already and differ'
    return failWith(`${changed.join(', ')} ${are}: nothing was written; --force overwrites.`, 1)
  }
  try {
    writeAll(root, files, force)
  } catch (error) {
    return failWith(`not everything was written (${error instanceof Error ? error.message : error}).`, 1)
  }
  for (const { path } of files) console.log(`${changed.includes(path) ? 'overwritten' : 'written'}: ${path}`)
  if (files.length === 0) console.log('Everything is there already, as it would be written.')
  console.log(nextSteps(root, templateFiles({ agent, source, url }), { source, url }))
  return 0
}

type InitOptions = {
  readonly directory: string
  readonly agent: keyof typeof AGENTS
  readonly from: string | null
  readonly url: string | null
  readonly force: boolean
}

/** The options, or what is wrong with them. */
function parse(args: readonly string[]): InitOptions | string {
  const agents = Object.keys(AGENTS)
  const usage = `use \`init [DIR] --agent NAME [--url URL] [--from OWNER/REPO@VERSION] [--force]\`; NAME is ${agents.join(', ')}.`
  const read = readArguments(args)
  if (read === null || read.positionals.length > 1) return usage
  const { agent, from = null, url = null, force } = read.values
  if (agent === undefined) return usage
  if (!isAgentName(agent)) {
    const hint = didYouMean(nearest(agent, agents), `the agents are ${agents.join(', ')}.`)
    return `there is no agent "${printable(agent)}"; ${hint}`
  }
  if (from !== null && !/^[\w-]+\/[\w.-]+@[\w./-]+$/.test(from)) {
    return '`--from` takes the repository and version of your Andon, such as `acme/andon@main`.'
  }
  if (url !== null && !/^https?:\/\/[^\s#'"]+$/.test(url)) {
    return '`--url` takes the address of your Andon, such as `https://andon.example.com`.'
  }
  return { directory: read.positionals[0] ?? '.', agent, from, url: url?.replace(/\/+$/, '') ?? null, force }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch {
    return null
  }
}

/** The repository on GitHub, and the commit, that this copy of Andon was cloned from. */
function sourceOfThisCopy(): string | null {
  const remote = askGit(ANDONS_FOLDER, 'remote', 'get-url', 'origin')
  const [, repository] = /^(?:https:\/\/github\.com\/|git@github\.com:)([\w-]+\/[\w.-]+?)(?:\.git)?$/.exec(remote) ?? []
  const commit = askGit(ANDONS_FOLDER, 'rev-parse', 'HEAD')
  return repository !== undefined && /^[0-9a-f]{40}$/.test(commit) ? `${repository}@${commit}` : null
}

function isThere(root: string, { path, text }: TemplateFile): boolean {
  const file = join(root, path)
  return existsSync(file) && readFileSync(file, 'utf8') === text
}

/** Writes whole files only. Without force, a file that appeared meanwhile stays as it is. */
function writeAll(root: string, files: readonly TemplateFile[], force: boolean): void {
  const drafts = files.map(({ path, text }) => ({
    file: join(root, path),
    draft: `${join(root, path)}.${process.pid}.new`,
    text,
  }))
  try {
    for (const { file, draft, text } of drafts) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(draft, text, { flag: 'wx' })
    }
    for (const { file, draft } of drafts) {
      if (force) renameSync(draft, file)
      else linkSync(draft, file)
    }
  } finally {
    for (const { draft } of drafts) rmSync(draft, { force: true })
  }
}

function nextSteps(
  root: string,
  files: readonly TemplateFile[],
  { source, url }: { readonly source: string; readonly url: string | null },
): string {
  const { secrets, variables } = settingsIn(files)
  const folder = relative('.', root) || '.'
  const others = variables.filter((name) => name !== 'ANDON_URL')
  const steps = [
    ...(source === UNKNOWN_SOURCE
      ? [
          'Replace OWNER/andon@main in these files by the repository of your Andon (or repeat this with --from and --force).',
        ]
      : []),
    `Say where Andon runs:  gh variable set ANDON_URL --body ${url ?? 'https://andon.example.com'}`,
    ...others.map((name) => `Set the variable:  gh variable set ${name}`),
    ...secrets.map((name) => `Store the secret that the agent needs:  gh secret set ${name}`),
    'Let workflows open pull requests: Settings > Actions > General > Workflow permissions > "Allow GitHub Actions to create\n     and approve pull requests" (an organisation may forbid it in its own settings).',
    'Put your tests into .github/workflows/test.yml.',
    `Look for mistakes:  npm run -s andon -- check ${folder}`,
    'Commit these files, and push them to the default branch.',
    'Install the App on the repository, and give an issue the label `andon`.',
  ]
  return `\nNext, in the checkout:\n${steps.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}`
}
