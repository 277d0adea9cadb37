// The import law: which folder may import which, the order of the core's folders, and no cycles. Each rule is a
// function from sources to offences.
import { isBuiltin } from 'node:module'
import { dirname, posix } from 'node:path'
import type { Source } from './typescript-source.ts'

/** Folder → own folders and packages it may import; `:type` means types only. */
export const IMPORT_RULES: Readonly<
  Record<string, { readonly ours: readonly string[]; readonly packages: readonly string[] }>
> = {
  text: { ours: [], packages: [] },
  commands: {
    ours: ['text'],
    packages: [
      'mdast-util-from-markdown',
      'micromark-extension-gfm-footnote',
      'micromark-extension-gfm-strikethrough',
      'micromark-extension-gfm-table',
    ],
  },
  line: { ours: ['text'], packages: ['zod', 'yaml'] },
  translate: { ours: ['pipeline/model', 'text'], packages: ['@octokit/webhooks-types:type', 'zod'] },
  pipeline: { ours: ['commands', 'line', 'text'], packages: [] },
  // The content of a repository's file is parsed where its answer is advanced.
  advance: { ours: ['pipeline', 'commands', 'line', 'text'], packages: [] },
  render: { ours: ['pipeline', 'commands', 'line:type', 'text'], packages: [] },
  // The doctor's findings, of what was read elsewhere.
  doctor: { ours: ['translate', 'text'], packages: [] },
  store: {
    ours: ['pipeline:type', 'advance:type', 'line:type', 'text'],
    packages: ['kysely', 'pg', '@electric-sql/pglite'],
  },
  apply: { ours: ['advance', 'pipeline', 'line', 'store', 'text'], packages: [] },
  inbox: {
    ours: ['apply', 'translate', 'pipeline:type', 'commands', 'store', 'text'],
    packages: ['probot', '@octokit/webhooks-methods', 'eventsource-parser'],
  },
  github: { ours: ['translate', 'text'], packages: ['@octokit/core', '@octokit/auth-app', 'jose'] },
  outbox: { ours: ['apply', 'pipeline', 'line', 'render', 'store', 'github', 'translate', 'text'], packages: [] },
  watchdog: { ours: ['apply', 'pipeline:type', 'store', 'github', 'process', 'text'], packages: [] },
  sweep: { ours: ['apply', 'inbox', 'pipeline:type', 'store', 'github', 'translate', 'text'], packages: [] },
  health: { ours: ['store', 'watchdog', 'github:type', 'pipeline:type', 'text'], packages: ['kysely'] },
  setup: { ours: ['github', 'sign-in', 'text'], packages: ['yaml'] },
  'sign-in': { ours: ['github', 'store', 'pipeline:type', 'text'], packages: [] },
  // What goes to people's browsers instead of to GitHub.
  push: { ours: ['pipeline', 'render', 'sign-in', 'store', 'text'], packages: ['web-push'] },
  web: {
    ours: [
      'apply',
      'push',
      'render',
      'setup',
      'sign-in',
      'store',
      'health:type',
      'watchdog:type',
      'pipeline:type',
      'commands',
      'github',
      'text',
    ],
    packages: ['hono', '@hono/node-server', 'eta', 'prom-client', 'zod'],
  },
}
/** One process and the operator's commands assemble the parts: they may import every folder, but `process/` not `cli/`. */
const COMPOSITION_ROOT = /^src\/((process|cli)\/)?[^/]+\.ts$/
/** The folders of the core, each of which may import those before it; the files at its root come last. */
export const ROOMS = ['model', 'facts', 'holds', 'stages', 'view', 'deadlines', 'commands', '']
export const PURE_FOLDERS = ['text', 'commands', 'line', 'translate', 'pipeline', 'advance', 'render', 'doctor']

export function forbiddenImports(source: Source): readonly string[] {
  if (source.path.startsWith('src/process/')) {
    const up = source.imports.filter(({ from }) => from.startsWith('.') && ownFolder(source, from)[0] === 'cli')
    return up.map(({ from }) => `${source.path} imports ${from}`)
  }
  const folder = folderOf(source)
  const law = folder === null ? undefined : IMPORT_RULES[folder]
  if (!law) return []
  return source.imports
    .filter(({ from, typeOnly }) => {
      if (from.startsWith('.'))
        return ownFolder(source, from).every((name) => !isAllowed(law.ours, name, typeOnly, folder))
      if (isBuiltin(from)) return PURE_FOLDERS.includes(folder ?? '')
      if (from === 'pino') return !typeOnly || PURE_FOLDERS.includes(folder ?? '')
      return !isAllowed(law.packages, packageOf(from), typeOnly, null)
    })
    .map(({ from, typeOnly }) => `${source.path} imports ${typeOnly ? 'types of ' : ''}${from}`)
}

function isAllowed(allowed: readonly string[], name: string, typeOnly: boolean, self: string | null): boolean {
  return name === self || allowed.includes(name) || (typeOnly && allowed.includes(`${name}:type`))
}

/** `../store/database.ts` of src/apply/commit-group.ts → `store`, `store/database.ts`; in the core, the inner folder too. */
function ownFolder(source: Source, from: string): readonly string[] {
  const [, folder = '', room = ''] = posix.join(dirname(source.path), from).split('/')
  return [folder, `${folder}/${room}`]
}

/** The folder inside the core that the file is in, `''` at its root; null elsewhere. */
export function roomOf({ path }: { readonly path: string }): string | null {
  const room = /^src\/pipeline\/(?:([^/]+)\/)?[^/]+$/.exec(path)
  return room === null ? null : (room[1] ?? '')
}

export function importsOfLaterRooms(source: Source): readonly string[] {
  const here = roomOf(source)
  if (here === null) return []
  return source.imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from }) => posix.join(dirname(source.path), from))
    .filter((path) => ROOMS.indexOf(roomOf({ path }) ?? here) > ROOMS.indexOf(here))
    .map((path) => `${source.path} imports ${path}`)
}

/** The shortest cycle for each file that can be reached from itself; none twice. */
export function circlesIn(all: readonly Source[]): readonly string[] {
  const imports = new Map(
    all.map(({ path, imports }) => [
      path,
      imports.filter(({ from }) => from.startsWith('.')).map(({ from }) => posix.join(dirname(path), from)),
    ]),
  )
  const known = new Set<string>()
  return all.flatMap(({ path: start }) => {
    if (known.has(start)) return []
    const ways: (readonly string[])[] = (imports.get(start) ?? []).map((path) => [path])
    const seen = new Set<string>()
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      const last = way.at(-1) ?? start
      if (last === start) {
        for (const path of way) known.add(path)
        return [[start, ...way].join(' → ')]
      }
      if (seen.has(last)) continue
      seen.add(last)
      for (const next of imports.get(last) ?? []) ways.push([...way, next])
    }
    return []
  })
}

function packageOf(from: string): string {
  const [scope, name] = from.split('/')
  return from.startsWith('@') ? `${scope}/${name}` : (scope ?? from)
}

export function folderOf(source: Source): string | null {
  return COMPOSITION_ROOT.test(source.path) ? null : (source.path.split('/')[1] ?? null)
}
