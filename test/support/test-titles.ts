// The full titles of a test file's tests, read from its text: `group › title`, with placeholders as written.
import { readFileSync } from 'node:fs'
import { isNode, type Node, parseProgram } from './typescript-source.ts'

/** In the order of the file. A title made by `each` keeps its placeholders: `a run concluded %s …`. */
export function readTestTitles(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8')
  return titlesIn(parseProgram(path, text), [], text)
}

function titlesIn(value: unknown, groups: readonly string[], text: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => titlesIn(item, groups, text))
  if (!isNode(value)) return []
  const call = suiteCall(value, text)
  if (call?.kind === 'test') return [[...groups, call.title].join(' › ')]
  const inside = call?.kind === 'describe' ? [...groups, call.title] : groups
  return Object.values(value).flatMap((child) => titlesIn(child, inside, text))
}

/** `describe('…', …)`, `test.each(rows)('…', …)`: its kind and its title; null for every other expression. */
function suiteCall(node: Node, text: string): { readonly kind: string; readonly title: string } | null {
  if (node.type !== 'CallExpression' || !Array.isArray(node.arguments)) return null
  const kind = rootName(node.callee)
  const [first] = node.arguments
  if ((kind !== 'describe' && kind !== 'test') || !isNode(first)) return null
  if (first.type === 'Literal' && typeof first.value === 'string') return { kind, title: first.value }
  if (first.type === 'TemplateLiteral' && typeof first.end === 'number')
    return { kind, title: text.slice(first.start + 1, first.end - 1) }
  return null
}

/** `test` of `test`, `test.each`, `test.each(rows)` and `test.runIf(condition)`. */
function rootName(callee: unknown): unknown {
  if (!isNode(callee)) return null
  if (callee.type === 'Identifier') return callee.name
  return rootName(callee.type === 'MemberExpression' ? callee.object : callee.callee)
}
