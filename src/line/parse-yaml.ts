// Parses YAML and keeps positions, so that a problem can name its line and column. `andon.yml` may have no aliases: a few
// lines of them expand to gigabytes, and an aliased value has no position of its own. Workflows, which GitHub expands, may.
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

/** A problem in `.github/andon.yml` and its position: lines and columns count from 1, `field` is a dotted path. */
export type AndonYmlProblem = {
  readonly fileLine: number
  readonly column: number
  readonly field: string
  /** One sentence that names the field and says what belongs there. */
  readonly message: string
}

export type FieldPath = readonly PropertyKey[]

/** A mapping as JavaScript has it. */
export type YamlMapping = Readonly<Record<string, unknown>>

/** A parsed file: its value, and the positions of its fields. */
export type YamlSource = {
  readonly value: unknown
  /** The position of a value or of its key; if it is missing, of the nearest field around it. */
  positionOf(path: FieldPath, what: 'value' | 'key'): { readonly fileLine: number; readonly column: number }
}

/** What a file may be. */
export type YamlLimits = { readonly maxKibibytes: number; readonly allowsAliases: boolean }

const ANDON_YML_LIMITS: YamlLimits = { maxKibibytes: 64, allowsAliases: false }

export function parseYaml(
  text: string,
  limits: YamlLimits = ANDON_YML_LIMITS,
): YamlSource | { readonly problems: readonly AndonYmlProblem[] } {
  const maxBytes = limits.maxKibibytes * 1024
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) {
    return fileProblem(`The file is larger than ${limits.maxKibibytes} KiB; a configuration needs far less.`)
  }
  try {
    return parseYamlDocument(text, limits)
  } catch {
    // Thousands of nested brackets overflow the stack, in the parser or in what walks its tree.
    return fileProblem('The file is nested too deeply to be read as YAML.')
  }
}

export function isYamlMapping(value: unknown): value is YamlMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseYamlDocument(
  text: string,
  limits: YamlLimits,
): YamlSource | { readonly problems: readonly AndonYmlProblem[] } {
  const counter = new LineCounter()
  const positionAt = (offset: number) => {
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
  const syntaxProblems = [...document.errors, ...document.warnings].map((error) => ({
    ...positionAt(error.pos[0]),
    ...syntaxProblemOf(error, text),
  }))
  // One mistake causes more errors on the rest of its line: only the first is worth reading.
  if (syntaxProblems.length > 0)
    return {
      problems: syntaxProblems.filter(
        ({ fileLine }, index) => syntaxProblems.findIndex((one) => one.fileLine === fileLine) === index,
      ),
    }
  const unsupported = unsupportedNodesIn(document, limits).map(({ offset, message }) => ({
    ...positionAt(offset),
    field: '',
    message,
  }))
  if (unsupported.length > 0) return { problems: unsupported }
  const value: unknown = document.toJS()
  return {
    value,
    positionOf: (path, what) => positionAt(offsetOf(document, path, what)),
  }
}

/** Valid YAML that `andon.yml` may not use. */
function unsupportedNodesIn(
  document: Document.Parsed,
  { allowsAliases }: YamlLimits,
): readonly { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = []
  visit(document, {
    Alias: (_, node) => {
      if (!allowsAliases) found.push({ offset: node.range?.[0] ?? 0, message: ALIAS_MESSAGE })
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
  if (field !== undefined) return { field, message: `\`${field}\` appears twice in the same block; keep one of them.` }
  if (message.startsWith('Flow '))
    return { field: '', message: 'A closing bracket or brace is missing before this line.' }
  return { field: '', message: SYNTAX_MESSAGES[code] ?? `This is not valid YAML: ${firstSentence(message)}` }
}

function firstSentence(message: string): string {
  const line = (message.split('\n')[0] ?? '').slice(0, 160)
  return /[.!?]$/.test(line) ? line : `${line}.`
}

const ALIAS_MESSAGE = 'Aliases (`*name`) are not supported here; write the value out.'
const PROTOTYPE_MESSAGE = '`__proto__` cannot be the name of a field or of a stage.'
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  BAD_INDENT: 'This line is indented differently from its neighbours; fields of one block begin in the same column.',
  BAD_ALIAS: ALIAS_MESSAGE,
  DUPLICATE_KEY: 'This field appears twice in the same block; keep one of them.',
  MULTIPLE_DOCS: 'The file holds more than one YAML document; keep only what comes before `---`.',
  TAB_AS_INDENT: 'This line is indented with a tab; YAML needs spaces.',
  MISSING_CHAR: 'Something is missing here, most likely a colon, a comma, or a closing bracket or quote.',
  BLOCK_AS_IMPLICIT_KEY: 'Two fields are on one line here; start a new line for the second, or put braces around both.',
  MULTILINE_IMPLICIT_KEY: 'The name of a field spans two lines here; most likely a colon is missing.',
  NON_STRING_KEY: 'The name of a field must be plain text.',
  TAG_RESOLVE_FAILED: 'Tags (`!name`) are not supported here; write the value without one.',
}
