// The import law, and the manners that a reader may rely on. Each rule is a function from sources to
// offences, so that the last test can show every one of them failing.
import { isBuiltin } from 'node:module'
import { basename, dirname, posix } from 'node:path'
import { expect, test } from 'vitest'
import { dotted, isNode, type Node, parseSource, placeOf, readSources, type Source } from './support/source.ts'

/** Folder → own folders and packages it may import; `:type` means types only. */
const LAW: Readonly<Record<string, { readonly ours: readonly string[]; readonly packages: readonly string[] }>> = {
  commands: {
    ours: [],
    packages: [
      'mdast-util-from-markdown',
      'micromark-extension-gfm-footnote',
      'micromark-extension-gfm-strikethrough',
      'micromark-extension-gfm-table',
    ],
  },
  line: { ours: [], packages: ['zod', 'yaml'] },
  pipeline: { ours: ['commands', 'line:type'], packages: [] },
  render: { ours: ['pipeline', 'commands'], packages: [] },
  store: { ours: ['pipeline:type'], packages: ['kysely', 'pg', '@electric-sql/pglite', 'pg-boss'] },
  apply: { ours: ['pipeline', 'line', 'store'], packages: [] },
  inbox: {
    ours: ['apply', 'pipeline:type', 'commands', 'store'],
    packages: ['probot', '@octokit/webhooks-methods', '@octokit/webhooks-types:type', 'zod'],
  },
  github: {
    ours: ['pipeline:type'],
    packages: ['@octokit/core', '@octokit/auth-app', 'jose'],
  },
  outbox: { ours: ['apply', 'pipeline', 'line', 'render', 'store', 'github'], packages: [] },
  watchdog: { ours: ['apply', 'pipeline:type', 'store', 'github'], packages: [] },
  web: {
    ours: ['apply', 'render', 'store', 'pipeline:type', 'commands'],
    packages: ['hono', '@hono/node-server', 'eta', 'prom-client', 'zod'],
  },
}
const PURE = ['commands', 'line', 'pipeline', 'render']
/** Files that put the parts together: they stand in `src/` itself and may import every folder. */
const COMPOSES = /^src\/[^/]+\.ts$/
const MAY_BUILD_ANDON = /^(src\/(index|main|role)\.ts|demo\/|bench\/|test\/)/
const BANNED_NAMES =
  /^(utils?|helpers?|common|shared|types?|interfaces?|lib|managers?|services?|processors?|handlers?|data|info|engine)$/
const LONGEST_FILE = 280

const sources = readSources('src/**/*.ts')
const surroundings = readSources('{demo,bench,test}/**/*.ts')

test('every folder imports only what its place in the flow allows', () => {
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.flatMap(unlawfulImports)).toEqual([])
})

test('the law names every folder, and no other', () => {
  const folders = new Set(sources.map(folderOf).filter((folder) => folder !== null))
  expect([...folders].filter((folder) => !(folder in LAW))).toEqual([])
})

test('the pure folders know no clock, no chance, no process and no waiting', () => {
  expect(sources.flatMap(impurities)).toEqual([])
})

test('only config.ts reads the environment', () => {
  expect(sources.flatMap(environmentReads)).toEqual([])
})

test('only the roles, the demo, the benchmarks and the tests build the whole of Andon', () => {
  expect([...sources, ...surroundings].flatMap(buildersOfAndon)).toEqual([])
})

test('values of the configuration are passed on: no folder imports config.ts', () => {
  expect(sources.flatMap(configImports)).toEqual([])
})

test('no type is given up: no any, no non-null assertion, no default export', () => {
  expect(sources.flatMap(surrenders)).toEqual([])
})

test('names say what a file is about', () => {
  expect([...sources, ...surroundings].flatMap(emptyNames)).toEqual([])
})

test('no file holds two thoughts', () => {
  expect([...sources, ...surroundings].flatMap(longFiles)).toEqual([])
})

test('each rule finds what it forbids', () => {
  const at = (path: string, text: string) => parseSource(path, text)
  const count = (rule: (source: Source) => readonly string[], path: string, text: string) => rule(at(path, text)).length
  expect(count(unlawfulImports, 'src/pipeline/a.ts', "import { sql } from '../store/database.ts'")).toBe(1)
  expect(count(unlawfulImports, 'src/pipeline/a.ts', "import { x } from '../line/line.ts'")).toBe(1)
  expect(count(unlawfulImports, 'src/pipeline/a.ts', "import type { X } from '../line/line.ts'")).toBe(0)
  expect(count(unlawfulImports, 'src/apply/a.ts', "const k = await import('kysely')")).toBe(1)
  expect(count(unlawfulImports, 'src/render/a.ts', "import { hash } from 'node:crypto'")).toBe(1)
  expect(count(unlawfulImports, 'src/web/a.ts', "export * from '../github/client.ts'")).toBe(1)
  expect(count(unlawfulImports, 'src/store/a.ts', "import pino from 'pino'")).toBe(1)
  expect(count(impurities, 'src/render/a.ts', 'const a = new Date(), b = Date.now(), c = Math.random()')).toBe(3)
  expect(count(impurities, 'src/line/a.ts', 'async function f() { await process.exit() }')).toBe(3)
  expect(count(impurities, 'src/line/a.ts', "const a = new Date('2026-11-21'), b = { process: 1 }.process")).toBe(0)
  expect(count(environmentReads, 'src/role.ts', 'const a = process.env.PORT')).toBe(1)
  expect(count(environmentReads, 'src/role.ts', 'readConfig(role, process.env)')).toBe(0)
  expect(count(buildersOfAndon, 'src/web/a.ts', "import { openAndon } from '../andon.ts'")).toBe(1)
  expect(count(configImports, 'src/web/a.ts', "import type { Config } from '../config.ts'")).toBe(1)
  expect(count(surrenders, 'src/web/a.ts', 'export default (a as any)!')).toBe(3)
  expect(count(emptyNames, 'src/web/utils.ts', '')).toBe(1)
  expect(count(longFiles, 'src/web/a.ts', '\n'.repeat(LONGEST_FILE + 1))).toBe(1)
})

function unlawfulImports(source: Source): readonly string[] {
  const folder = folderOf(source)
  const law = folder === null ? undefined : LAW[folder]
  if (!law) return []
  return source.imports
    .filter(({ from, typeOnly }) => {
      if (from.startsWith('.')) return !allows(law.ours, ownFolder(source, from), typeOnly, folder)
      if (isBuiltin(from)) return PURE.includes(folder ?? '')
      if (from === 'pino') return !typeOnly || PURE.includes(folder ?? '')
      return !allows(law.packages, packageOf(from), typeOnly, null)
    })
    .map(({ from, typeOnly }) => `${source.path} imports ${typeOnly ? 'types of ' : ''}${from}`)
}

function allows(allowed: readonly string[], name: string, typeOnly: boolean, self: string | null): boolean {
  return name === self || allowed.includes(name) || (typeOnly && allowed.includes(`${name}:type`))
}

/** `../store/database.ts` of src/apply/group.ts → `store`; files of src/ itself → their name. */
function ownFolder(source: Source, from: string): string {
  const path = posix.join(dirname(source.path), from)
  return path.split('/')[1] ?? path
}

function packageOf(from: string): string {
  const [scope, name] = from.split('/')
  return from.startsWith('@') ? `${scope}/${name}` : (scope ?? from)
}

function folderOf(source: Source): string | null {
  return COMPOSES.test(source.path) ? null : (source.path.split('/')[1] ?? null)
}

const CLOCK_AND_CHANCE = ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues']
const OUTSIDE = [
  'process',
  'globalThis',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
]

function impurities(source: Source): readonly string[] {
  if (!PURE.includes(folderOf(source) ?? '')) return []
  const names = new Set(source.nodes.flatMap(plainNames))
  return source.nodes.filter((node) => isImpure(node, names)).map((node) => `${placeOf(source, node)} ${node.type}`)
}

function isImpure(node: Node, names: ReadonlySet<Node>): boolean {
  switch (node.type) {
    case 'AwaitExpression':
      return true
    case 'ForOfStatement':
      return node.await === true
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async === true
    case 'NewExpression':
    case 'CallExpression':
      return isNode(node.callee) && node.callee.name === 'Date' && (node.arguments as unknown[]).length === 0
    case 'MemberExpression':
      return CLOCK_AND_CHANCE.includes(dotted(node) ?? '')
    case 'Identifier':
      return names.has(node) && OUTSIDE.includes(String(node.name))
    default:
      return false
  }
}

// An identifier that stands for a value of its own: not a property's name, not a key.
function plainNames(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(
      ([role]) => !(['property', 'key', 'label', 'imported', 'exported'].includes(role) && node.computed !== true),
    )
    .flatMap(([, child]) => (Array.isArray(child) ? child : [child]))
    .filter((child) => isNode(child) && child.type === 'Identifier')
}

function environmentReads(source: Source): readonly string[] {
  if (source.path === 'src/config.ts') return []
  const handedOn = new Set(
    source.nodes
      .filter(
        ({ type, callee }) => type === 'CallExpression' && isNode(callee) && /^read\w*Config$/.test(`${callee.name}`),
      )
      .flatMap((call) => call.arguments as Node[]),
  )
  return source.nodes
    .filter((node) => dotted(node) === 'process.env' && !handedOn.has(node))
    .map((node) => `${placeOf(source, node)} reads process.env`)
}

function buildersOfAndon(source: Source): readonly string[] {
  if (MAY_BUILD_ANDON.test(source.path)) return []
  return importsOfRootFile(source, 'src/andon.ts')
}

function configImports(source: Source): readonly string[] {
  return folderOf(source) === null ? [] : importsOfRootFile(source, 'src/config.ts')
}

function importsOfRootFile(source: Source, path: string): readonly string[] {
  return source.imports
    .filter(({ from }) => posix.join(dirname(source.path), from) === path)
    .map(() => `${source.path} imports ${path}`)
}

function surrenders(source: Source): readonly string[] {
  const forbidden = ['TSAnyKeyword', 'TSNonNullExpression']
  if (source.path !== 'src/index.ts') forbidden.push('ExportDefaultDeclaration')
  return source.nodes
    .filter(({ type }) => forbidden.includes(type))
    .map((node) => `${placeOf(source, node)} ${node.type}`)
}

function emptyNames({ path }: Source): readonly string[] {
  const names = [...dirname(path).split('/'), basename(path).replace(/(\.\w+)*\.ts$/, '')]
  return names.some((name) => BANNED_NAMES.test(name)) ? [`${path} has a name that says nothing`] : []
}

function longFiles({ path, text }: Source): readonly string[] {
  const lines = text.split('\n').length - 1
  return lines > LONGEST_FILE ? [`${path} has ${lines} lines`] : []
}
