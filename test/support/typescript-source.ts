// Parses TypeScript, for tests that check the house rules against the code itself.
import { globSync, readFileSync } from 'node:fs'
import { parseAst } from 'vitest/node'

/** A node of the syntax tree, with the parser's properties by name. */
export type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>

export type Import = { readonly from: string; readonly typeOnly: boolean }

export type Source = {
  /** From the repository's root, with forward slashes: `src/pipeline/reduce.ts`. */
  readonly path: string
  readonly text: string
  readonly nodes: readonly Node[]
  readonly imports: readonly Import[]
}

/** Every TypeScript file that the glob names, parsed. */
export function readSources(glob: string): readonly Source[] {
  return globSync(glob)
    .sort()
    .map((path) => parseSource(path, readFileSync(path, 'utf8')))
}

/** One file's text, parsed. */
export function parseSource(path: string, text: string): Source {
  const nodes = [...walk(parseProgram(path, text))]
  return { path, text, nodes, imports: nodes.flatMap(importsOf) }
}

/** The root of one file's tree. */
export function parseProgram(path: string, text: string): unknown {
  return parseAst(text, { lang: 'ts' }, path)
}

/** The location of a node, for a message: `src/pipeline/reduce.ts:12`. */
export function locationOf(source: Source, node: Node): string {
  return `${source.path}:${source.text.slice(0, node.start).split('\n').length}`
}

/** `a.b` of a member expression with a plain name on both sides; null for everything else. */
export function memberExpressionOf(node: unknown): string | null {
  if (!isNode(node) || node.type !== 'MemberExpression' || node.computed) return null
  const { object, property } = node
  return isNode(object) && isNode(property) && object.type === 'Identifier' ? `${object.name}.${property.name}` : null
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item)
  } else if (isNode(value)) {
    yield value
    for (const child of Object.values(value)) yield* walk(child)
  }
}

function importsOf(node: Node): readonly Import[] {
  const from = isNode(node.source) && typeof node.source.value === 'string' ? node.source.value : null
  if (from === null) return []
  switch (node.type) {
    case 'ImportDeclaration':
      return [{ from, typeOnly: node.importKind === 'type' || hasOnlyTypeSpecifiers(node.specifiers) }]
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return [{ from, typeOnly: node.exportKind === 'type' }]
    case 'ImportExpression':
      return [{ from, typeOnly: false }]
    case 'TSImportType':
      return [{ from, typeOnly: true }]
    default:
      return []
  }
}

function hasOnlyTypeSpecifiers(specifiers: unknown): boolean {
  return (
    Array.isArray(specifiers) && specifiers.length > 0 && specifiers.every(({ importKind }) => importKind === 'type')
  )
}
