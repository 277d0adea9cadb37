// YAML with its places kept, so that a mistake can be pointed at. Aliases are refused: a few lines of them unfold to
// gigabytes, and a value that stands elsewhere has no line to name.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'

/** What is wrong in `.github/andon.yml`, and where: lines and columns count from 1, `field` is a dotted path. */
export type AndonYmlProblem = {
  readonly fileLine: number
  readonly column: number
  readonly field: string
  /** One sentence that names the field and says what belongs there. */
  readonly message: string
}

export type FieldPath = readonly PropertyKey[]

/** A file that could be read: its value, and where in it a field stands. */
export type YamlSource = {
  readonly value: unknown
  /** The place of a value, or of its key; of the nearest thing around it when it is missing. */
  positionOf(path: FieldPath, what: 'value' | 'key'): { readonly fileLine: number; readonly column: number }
}

const MAX_BYTES = 64 * 1024

export function parseYaml(text: string): YamlSource | { readonly problems: readonly AndonYmlProblem[] } {
  if (text.length > MAX_BYTES || new TextEncoder().encode(text).length > MAX_BYTES) {
    return fileProblem('The file is larger than 64 KiB; a line of stages needs far less.')
  }
  try {
    return parseYamlDocument(text)
  } catch {
    // Thousands of brackets overflow the stack, in the parser or behind it.
    return fileProblem('The file is nested too deep to be read as YAML.')
  }
}

function parseYamlDocument(text: string): YamlSource | { readonly problems: readonly AndonYmlProblem[] } {
  const counter = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset)
    return { fileLine: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    stringKeys: true,
    schema: 'core',
    logLevel: 'error',
  })
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    ...at(error.pos[0]),
    ...syntaxProblemOf(error, text),
  }))
  // One slip breaks what comes after it on its line too: only the first is worth reading.
  if (syntax.length > 0)
    return {
      problems: syntax.filter(({ fileLine }, index) => syntax.findIndex((one) => one.fileLine === fileLine) === index),
    }
  const refused = unsupportedNodesIn(document).map(({ offset, message }) => ({ ...at(offset), field: '', message }))
  if (refused.length > 0) return { problems: refused }
  const value: unknown = document.toJS()
  return {
    value,
    positionOf: (path, what) => at(offsetOf(document, path, what)),
  }
}

/** What is YAML and yet not read here. */
function unsupportedNodesIn(
  document: Document.Parsed,
): readonly { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = []
  visit(document, {
    Alias: (_, node) => {
      found.push({ offset: node.range?.[0] ?? 0, message: ALIAS_MESSAGE })
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        found.push({ offset: startOf(key) ?? 0, message: PROTOTYPE_MESSAGE })
    },
  })
  return found
}

function offsetOf(document: Document.Parsed, path: FieldPath, what: 'value' | 'key'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const wantsKey = what === 'key' && depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (!pair) return offset
      node = pair.value
      offset = (wantsKey || isEmpty(node) ? startOf(pair.key) : startOf(node)) ?? offset
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

function startOf(node: unknown): number | null {
  return isNode(node) && !isAlias(node) ? (node.range?.[0] ?? null) : null
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && !node.source)
}

function fileProblem(message: string): { readonly problems: readonly AndonYmlProblem[] } {
  return { problems: [{ fileLine: 1, column: 1, field: '', message }] }
}

function syntaxProblemOf(
  { code, message, pos }: YAMLError,
  text: string,
): { readonly field: string; readonly message: string } {
  const field = code === 'DUPLICATE_KEY' ? /^[\w-]{1,40}/.exec(text.slice(pos[0], pos[0] + 41))?.[0] : undefined
  if (field !== undefined) return { field, message: `\`${field}\` stands twice in the same block; keep one of them.` }
  if (message.startsWith('Flow '))
    return { field: '', message: 'A closing bracket or brace is missing before this line.' }
  return { field: '', message: SYNTAX_MESSAGES[code] ?? `This is not valid YAML: ${firstSentence(message)}` }
}

function firstSentence(message: string): string {
  const line = (message.split('\n')[0] ?? '').slice(0, 160)
  return /[.!?]$/.test(line) ? line : `${line}.`
}

const ALIAS_MESSAGE = 'Aliases (`*name`) are not read here; write the value out.'
const PROTOTYPE_MESSAGE = '`__proto__` cannot be the name of a field or of a stage.'
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  BAD_INDENT: 'This line is indented differently from its neighbours; fields of one block begin in the same column.',
  BAD_ALIAS: ALIAS_MESSAGE,
  DUPLICATE_KEY: 'This field stands twice in the same block; keep one of them.',
  MULTIPLE_DOCS: 'The file holds more than one YAML document; keep what stands before `---`.',
  TAB_AS_INDENT: 'This line is indented with a tab; YAML wants spaces.',
  MISSING_CHAR: 'Something is missing here, most likely a colon, a comma, or a closing bracket or quote.',
  BLOCK_AS_IMPLICIT_KEY:
    'Two fields stand on one line here; begin a new line for the second, or put braces around both.',
  MULTILINE_IMPLICIT_KEY: 'The name of a field goes over two lines here; most likely a colon is missing.',
  NON_STRING_KEY: 'The name of a field must be plain text.',
  TAG_RESOLVE_FAILED: 'Tags (`!name`) are not read here; write the value without one.',
}
