// Words are for people: the core has none, and no code decides by them. Each rule is a function from a source to offences.
import { folderOf } from './import-law.ts'
import { isNode, locationOf, type Node, type Source } from './typescript-source.ts'

/** Sentences in the core: literals with a blank between two words. Kinds are kebab-case; texts are in render/. */
export function sentenceLiterals(source: Source): readonly string[] {
  if (folderOf(source) !== 'pipeline') return []
  const inTypes = new Set(source.nodes.filter(({ type }) => type === 'TSLiteralType').map(({ literal }) => literal))
  return source.nodes
    .filter((node) => !inTypes.has(node) && isSentence(textOf(node)))
    .map((node) => `${locationOf(source, node)} says "${textOf(node)}"`)
}

/** Conditions on our own texts: every fact in a text is data first. */
export function questionsToProse(source: Source): readonly string[] {
  return source.nodes
    .filter(({ type }) => type === 'CallExpression')
    .filter((call) => isNode(call.callee) && call.callee.type === 'MemberExpression' && isAboutProse(source, call))
    .map((call) => `${locationOf(source, call)} asks what words say`)
}

const PLACEHOLDER = '…'
const BETWEEN_WORDS = /[\p{L}…][,;:.)]? [(@#/]?[\p{L}…]/u

function isSentence(text: string): boolean {
  return /\p{L}/u.test(text) && BETWEEN_WORDS.test(text)
}

/** The text of a literal, with a mark for each placeholder; empty for every other node. */
function textOf({ type, value, quasis }: Node): string {
  if (type === 'Literal') return typeof value === 'string' ? value : ''
  if (type !== 'TemplateLiteral' || !Array.isArray(quasis)) return ''
  return quasis.map((part: { readonly value: { readonly cooked: string } }) => part.value.cooked).join(PLACEHOLDER)
}

const OF_TEXT = ['startsWith', 'endsWith', 'includes', 'indexOf', 'match', 'matchAll', 'search']
const OF_PATTERN = ['test', 'exec']
const OUR_WORDS = ['reason', 'words', 'sentence']
/** Here, unless of an error, these are ours too; elsewhere a `message` is GitHub's or a package's, a `text` a user's. */
const OUR_WORDS_IN_THE_FLOW = [...OUR_WORDS, 'message', 'text']
const FLOW = ['pipeline', 'apply', 'outbox', 'watchdog']

function isAboutProse(source: Source, { callee, arguments: given }: Node): boolean {
  const { object, property } = callee as Node
  if (!isNode(property)) return false
  const asked = OF_TEXT.includes(String(property.name))
    ? [object]
    : OF_PATTERN.includes(String(property.name)) && Array.isArray(given)
      ? given
      : []
  const words = FLOW.includes(folderOf(source) ?? '') ? OUR_WORDS_IN_THE_FLOW : OUR_WORDS
  return asked.some((node) => words.includes(nameOf(node) ?? ''))
}

/** `reason` of `reason`, `stage.reason` and `stage?.reason`; null for an error's message. */
function nameOf(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'ChainExpression') return nameOf(node.expression)
  if (node.type === 'Identifier') return String(node.name)
  if (node.type !== 'MemberExpression' || node.computed) return null
  return ['error', 'failure'].includes(nameOf(node.object) ?? '') ? null : nameOf(node.property)
}
