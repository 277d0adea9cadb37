// One name, one thing; and the field's word for it (the glossary in STYLE.md).
import { isNode, locationOf, type Node, type Source } from './typescript-source.ts'

/** Words that once named things here and name nothing in the field: an engineer would not type them into a search box. */
const REPLACED_WORDS = new Set(
  `told heard unheard said ledger shelf twin twins stray strays hall starter starters obey obeyed unfit begun cord speaker
  spoken doubtful anew heeded somebody nobody sheet piece pieces trouble troubles farewell sight sights census tellings lit
  untold patience looked`.split(/\s+/),
)

/** Exported types, functions and constants of the same name in two files. */
export function namesExportedTwice(sources: readonly Source[]): readonly string[] {
  const exported = sources.flatMap((source) => exportsOf(source).map((name) => ({ name, path: source.path })))
  const byName = Map.groupBy(exported, ({ name }) => name)
  return [...byName]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name} is exported by ${places.map(({ path }) => path).join(' and ')}`)
}

/** Declarations, parameters and properties whose name holds a replaced word. */
export function replacedWords(source: Source): readonly string[] {
  return source.nodes
    .filter(({ type, name }) => type === 'Identifier' && wordsOf(String(name)).some((word) => REPLACED_WORDS.has(word)))
    .map((node) => `${locationOf(source, node)} ${node.name}`)
}

/** `readHTTPUrl` and `READ_HTTP_URL` → read, http, url. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _$]+/)
}

function exportsOf({ nodes }: Source): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || !isNode(node.declaration)) return []
    const { declaration } = node
    if (declaration.type !== 'VariableDeclaration') return isNode(declaration.id) ? [String(declaration.id.name)] : []
    return (declaration.declarations as Node[]).flatMap(({ id }) => (isNode(id) ? [String(id.name)] : []))
  })
}
