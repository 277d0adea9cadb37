// The import law, and the manners that a reader may rely on. Each rule is a function from sources to
// offences, so that the last test can show every one of them failing.
import { basename, dirname, posix } from 'node:path'
import { expect, test } from 'vitest'
import {
  circlesIn,
  folderOf,
  forbiddenImports,
  IMPORT_RULES,
  importsOfLaterRooms,
  PURE_FOLDERS,
  ROOMS,
  roomOf,
} from './support/import-law.ts'
import { namesExportedTwice, replacedWords } from './support/naming.ts'
import { questionsToProse, sentenceLiterals } from './support/prose-rules.ts'
import {
  isNode,
  locationOf,
  memberExpressionOf,
  type Node,
  parseSource,
  readSources,
  type Source,
} from './support/typescript-source.ts'

const ROOT_FILES = ['andon.ts', 'config.ts', 'index.ts', 'main.ts']
const MAY_BUILD_ANDON = /^(src\/(index|main|process\/app-host)\.ts|demo\/|bench\/|test\/)/
const BANNED_NAMES =
  /^(utils?|helpers?|common|shared|types?|interfaces?|lib|managers?|services?|processors?|handlers?|data|info|engine)$/
const MAX_FILE_LINES = 280

const sources = readSources('src/**/*.ts')
const otherSources = readSources('{demo,bench,fake-github,test}/**/*.ts')

test('every folder imports only what its place in the flow allows', () => {
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.flatMap(forbiddenImports)).toEqual([])
})

test('the law names every folder, and no other', () => {
  const folders = new Set(sources.map(folderOf).filter((folder) => folder !== null))
  expect([...folders].filter((folder) => !(folder in IMPORT_RULES))).toEqual([])
})

test('the rooms of the core stand in one order', () => {
  expect(sources.flatMap(importsOfLaterRooms)).toEqual([])
  expect(new Set(sources.map(roomOf).filter((room) => room !== null)).size).toBe(ROOMS.length)
})

test('no file imports itself by a detour, not even for types', () => {
  expect(circlesIn(sources)).toEqual([])
})

test('the source begins with four files', () => {
  const atRoot = sources.map(({ path }) => path).filter((path) => dirname(path) === 'src')
  expect(atRoot.map((path) => basename(path))).toEqual(ROOT_FILES)
})

test('the pure folders know no clock, no chance, no process and no waiting', () => {
  expect(sources.flatMap(impureUses)).toEqual([])
})

test('only config.ts reads the environment', () => {
  expect(sources.flatMap(environmentReads)).toEqual([])
})

test('only the roles, the demo, the benchmarks and the tests build the whole of Andon', () => {
  expect([...sources, ...otherSources].flatMap(buildersOfAndon)).toEqual([])
})

test('nothing but the door decides an effect', () => {
  expect(sources.flatMap(effectDecisions)).toEqual([])
})

test('values of the configuration are passed on: no folder imports config.ts', () => {
  expect(sources.flatMap(configImports)).toEqual([])
})

test('only columns that are named are read', () => {
  expect(sources.flatMap(wholeRows)).toEqual([])
})

test('no type is given up: no any, no non-null assertion, no default export', () => {
  expect(sources.flatMap(typeEscapes)).toEqual([])
})

test('the core has no words: there are no sentence literals in pipeline/', () => {
  expect(sources.flatMap(sentenceLiterals)).toEqual([])
})

test('nobody asks prose: no text test on a reason, a message or words of ours', () => {
  expect(sources.flatMap(questionsToProse)).toEqual([])
})

test('names say what a file is about', () => {
  expect([...sources, ...otherSources].flatMap(bannedNames)).toEqual([])
})

test('no name is exported twice', () => {
  expect(namesExportedTwice(sources)).toEqual([])
})

test('names use the words of the field', () => {
  expect([...sources, ...otherSources].flatMap(replacedWords)).toEqual([])
})

test('no file holds two thoughts', () => {
  expect([...sources, ...otherSources].flatMap(longFiles)).toEqual([])
})

test('each rule finds what it forbids', () => {
  const at = (path: string, text: string) => parseSource(path, text)
  const count = (rule: (source: Source) => readonly string[], path: string, text: string) => rule(at(path, text)).length
  expect(count(forbiddenImports, 'src/pipeline/a.ts', "import { sql } from '../store/database.ts'")).toBe(1)
  expect(count(forbiddenImports, 'src/render/a.ts', "import { x } from '../line/line.ts'")).toBe(1)
  expect(count(forbiddenImports, 'src/render/a.ts', "import type { X } from '../line/line.ts'")).toBe(0)
  expect(count(forbiddenImports, 'src/apply/a.ts', "const k = await import('kysely')")).toBe(1)
  expect(count(forbiddenImports, 'src/render/a.ts', "import { hash } from 'node:crypto'")).toBe(1)
  expect(count(forbiddenImports, 'src/web/a.ts', "export * from '../outbox/outbox.ts'")).toBe(1)
  expect(count(forbiddenImports, 'src/store/a.ts', "import pino from 'pino'")).toBe(1)
  expect(count(forbiddenImports, 'src/translate/a.ts', "import { x } from '../pipeline/model/time.ts'")).toBe(0)
  expect(count(forbiddenImports, 'src/translate/a.ts', "import { x } from '../pipeline/stages/triggers.ts'")).toBe(1)
  expect(count(forbiddenImports, 'src/process/a.ts', "import { x } from '../cli/hold.ts'")).toBe(1)
  expect(count(importsOfLaterRooms, 'src/pipeline/facts/a.ts', "import type { X } from '../stages/b.ts'")).toBe(1)
  expect(count(importsOfLaterRooms, 'src/pipeline/view/a.ts', "import type { X } from '../reduce.ts'")).toBe(1)
  expect(count(importsOfLaterRooms, 'src/pipeline/view/a.ts', "import type { X } from '../stages/b.ts'")).toBe(0)
  const a = at('src/web/a.ts', "import type { B } from './b.ts'")
  expect(circlesIn([a, at('src/web/b.ts', "import './c.ts'"), at('src/web/c.ts', "import './a.ts'")])).toHaveLength(1)
  expect(circlesIn([a, at('src/web/b.ts', "import './c.ts'"), at('src/web/c.ts', '')])).toEqual([])
  expect(count(impureUses, 'src/render/a.ts', 'const a = new Date(), b = Date.now(), c = Math.random()')).toBe(3)
  expect(count(impureUses, 'src/line/a.ts', 'async function f() { await process.exit() }')).toBe(3)
  expect(count(impureUses, 'src/line/a.ts', "const a = new Date('2026-11-21'), b = { process: 1 }.process")).toBe(0)
  expect(count(environmentReads, 'src/process/run-role.ts', 'const a = process.env.PORT')).toBe(1)
  expect(count(environmentReads, 'src/process/run-role.ts', 'readConfig(role, process.env)')).toBe(0)
  expect(count(buildersOfAndon, 'src/web/a.ts', "import { openAndon } from '../andon.ts'")).toBe(1)
  expect(count(effectDecisions, 'src/watchdog/a.ts', "import { saveEffects } from '../store/effects.ts'")).toBe(1)
  expect(count(effectDecisions, 'src/apply/a.ts', "import { saveEffects } from '../store/effects.ts'")).toBe(0)
  expect(count(effectDecisions, 'src/store/a.ts', "trx.insertInto('effects').values(rows)")).toBe(1)
  expect(count(effectDecisions, 'src/outbox/a.ts', 'sql`insert into effects (key) values (1)`')).toBe(1)
  expect(count(configImports, 'src/web/a.ts', "import type { Config } from '../config.ts'")).toBe(1)
  expect(count(typeEscapes, 'src/web/a.ts', 'export default (a as any)!')).toBe(3)
  expect(count(wholeRows, 'src/store/a.ts', "trx.selectFrom('loops').selectAll()")).toBe(1)
  expect(count(sentenceLiterals, 'src/pipeline/a.ts', `const a = 'waits for a slot', b = \`\${c} of \${d}\``)).toBe(2)
  expect(count(sentenceLiterals, 'src/pipeline/a.ts', `const a = 'waits-for-slot', b = \`\${c} \${d}\`, e = ' '`)).toBe(
    0,
  )
  expect(count(sentenceLiterals, 'src/pipeline/a.ts', "type A = 'no permission' // a comment")).toBe(0)
  expect(count(sentenceLiterals, 'src/render/a.ts', "const a = 'waits for a slot'")).toBe(0)
  expect(count(questionsToProse, 'src/pipeline/a.ts', "stage?.reason.startsWith('called off')")).toBe(1)
  expect(count(questionsToProse, 'src/render/a.ts', 'reason.includes(text) || /held/.test(stage.reason)')).toBe(2)
  expect(count(questionsToProse, 'src/outbox/a.ts', 'message.match(/x/) ?? error.message.match(/x/)')).toBe(1)
  expect(count(questionsToProse, 'src/commands/a.ts', "text.startsWith('/andon')")).toBe(0)
  expect(count(bannedNames, 'src/web/utils.ts', '')).toBe(1)
  const twice = [at('src/web/a.ts', 'export type A = 1'), at('src/store/a.ts', 'export const A = 1')]
  expect(namesExportedTwice(twice)).toHaveLength(1)
  expect(count(replacedWords, 'src/web/a.ts', 'const ledger = told.said')).toBe(3)
  expect(count(longFiles, 'src/web/a.ts', '\n'.repeat(MAX_FILE_LINES + 1))).toBe(1)
})

const CLOCK_AND_RANDOM = ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues']
const GLOBALS = [
  'process',
  'globalThis',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
]

function impureUses(source: Source): readonly string[] {
  if (!PURE_FOLDERS.includes(folderOf(source) ?? '')) return []
  const names = new Set(source.nodes.flatMap(identifiersIn))
  return source.nodes.filter((node) => isImpure(node, names)).map((node) => `${locationOf(source, node)} ${node.type}`)
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
      return CLOCK_AND_RANDOM.includes(memberExpressionOf(node) ?? '')
    case 'Identifier':
      return names.has(node) && GLOBALS.includes(String(node.name))
    default:
      return false
  }
}

// An identifier that stands for a value of its own: not a property's name, not a key.
function identifiersIn(node: Node): readonly Node[] {
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
    .filter((node) => memberExpressionOf(node) === 'process.env' && !handedOn.has(node))
    .map((node) => `${locationOf(source, node)} reads process.env`)
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

/** Rows of effects are inserted in one file, and only the door uses its function. */
function effectDecisions({ path, text, nodes }: Source): readonly string[] {
  const inserts = /insert\s*into\s*effects\b|insertInto\(\s*['"]effects['"]/i.test(text)
  const uses = nodes.some(
    ({ type, imported }) => type === 'ImportSpecifier' && isNode(imported) && imported.name === 'saveEffects',
  )
  return [
    ...(inserts && path !== 'src/store/effects.ts' ? [`${path} inserts effects`] : []),
    ...(uses && !path.startsWith('src/apply/') ? [`${path} uses saveEffects`] : []),
  ]
}

/** While two versions run side by side, a table may have columns that this one does not know. */
function wholeRows({ path, text }: Source): readonly string[] {
  return /\b(select|returning)All\(|\bselect \*/.test(text) ? [`${path} reads every column there is`] : []
}

function typeEscapes(source: Source): readonly string[] {
  const forbidden = ['TSAnyKeyword', 'TSNonNullExpression']
  if (source.path !== 'src/index.ts') forbidden.push('ExportDefaultDeclaration')
  return source.nodes
    .filter(({ type }) => forbidden.includes(type))
    .map((node) => `${locationOf(source, node)} ${node.type}`)
}

function bannedNames({ path }: Source): readonly string[] {
  const names = [...dirname(path).split('/'), basename(path).replace(/(\.\w+)*\.ts$/, '')]
  return names.some((name) => BANNED_NAMES.test(name)) ? [`${path} has a name that says nothing`] : []
}

// What a file imports is the price of small files, not a thought of its own.
function longFiles({ path, text }: Source): readonly string[] {
  const lines = text.replaceAll(/^import [^;]*? from '.*'\n/gm, '').split('\n').length - 1
  return lines > MAX_FILE_LINES ? [`${path} has ${lines} lines`] : []
}
