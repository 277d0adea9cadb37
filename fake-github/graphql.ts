// A GraphQL endpoint small enough to read: it parses a query, walks plain objects, and refuses a field it does not
// know, as GitHub does, so that a misspelt query fails here too.

/** A field is a value or a function of its arguments. `__typename` names the type in errors. */
export type Node = { readonly __typename: string; readonly [field: string]: unknown }

type Selection = {
  readonly name: string
  readonly alias: string
  readonly arguments: Record<string, Value>
  readonly selections: readonly Selection[] | null
  /** Set on `... on Type { }`. */
  readonly on: string | null
}
type Value = { readonly variable: string } | { readonly literal: unknown } | { readonly fields: Record<string, Value> }
type GraphqlError = { readonly type: string; readonly path: readonly string[]; readonly message: string }

/** Does the request change anything? */
export function isMutation(body: unknown): boolean {
  return /^\s*mutation\b/.test(String((body as { query?: unknown } | null)?.query))
}

/** Answers one request; errors have status 200, like GitHub's. */
export async function executeGraphql(
  roots: { readonly query: Node; readonly mutation: Node },
  body: unknown,
): Promise<object> {
  const root = isMutation(body) ? roots.mutation : roots.query
  const { query, variables = {} } = body as { query?: string; variables?: Record<string, unknown> }
  if (typeof query !== 'string')
    return { errors: [{ message: 'A query attribute must be specified and must be a string.' }] }
  try {
    const failures: GraphqlError[] = []
    const data = await resolveSelections(root, parseQuery(query), variables, [], failures)
    return failures.length > 0 ? { data, errors: failures } : { data }
  } catch (error) {
    return { errors: [{ type: 'undefinedField', message: (error as Error).message }] }
  }
}

/** Thrown by a field that cannot find its object: the field becomes null and the error says so. */
export class NotFound extends Error {}

/** Thrown by a field that the App has no permission for. */
export class Forbidden extends Error {}

async function resolveSelections(
  node: Node,
  selections: readonly Selection[],
  variables: Record<string, unknown>,
  path: readonly string[],
  failures: GraphqlError[],
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {}
  for (const selection of selections) {
    if (selection.on !== null) {
      if (selection.on === node.__typename) {
        Object.assign(result, await resolveSelections(node, selection.selections ?? [], variables, path, failures))
      }
      continue
    }
    if (!(selection.name in node))
      throw new Error(`Field '${selection.name}' doesn't exist on type '${node.__typename}'`)
    const here = [...path, selection.alias]
    try {
      const field = node[selection.name]
      const value = typeof field === 'function' ? await field(argumentValues(selection.arguments, variables)) : field
      result[selection.alias] = await resolveValue(value, selection, variables, here, failures)
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Forbidden)) throw error
      failures.push({
        type: error instanceof Forbidden ? 'FORBIDDEN' : 'NOT_FOUND',
        path: here,
        message: error.message,
      })
      result[selection.alias] = null
    }
  }
  return result
}

async function resolveValue(
  value: unknown,
  selection: Selection,
  variables: Record<string, unknown>,
  path: readonly string[],
  failures: GraphqlError[],
): Promise<unknown> {
  if (value === null || value === undefined) return null
  if (Array.isArray(value))
    return Promise.all(value.map((item) => resolveValue(item, selection, variables, path, failures)))
  const isNode = typeof value === 'object'
  if (isNode !== (selection.selections !== null)) {
    throw new Error(`Field '${selection.name}' ${isNode ? 'must have' : "doesn't take"} selections`)
  }
  return isNode ? resolveSelections(value as Node, selection.selections!, variables, path, failures) : value
}

function argumentValues(given: Record<string, Value>, variables: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if ('fields' in value) return [name, argumentValues(value.fields, variables)]
      return [name, 'variable' in value ? variables[value.variable] : value.literal]
    }),
  )
}

const TOKEN_PATTERN = /\s*(?:#[^\n]*\s*)*(\.\.\.|[{}()[\]:!=,@$]|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|$)/y

function parseQuery(query: string): readonly Selection[] {
  const tokens: string[] = []
  TOKEN_PATTERN.lastIndex = 0
  for (let match = TOKEN_PATTERN.exec(query); match && match[1] !== ''; match = TOKEN_PATTERN.exec(query))
    if (match[1] !== ',') tokens.push(match[1]!)
  let next = 0
  const take = (wanted?: string) => {
    const token = tokens[next++]
    if (token === undefined || (wanted !== undefined && token !== wanted)) {
      throw new Error(
        `Parse error on ${JSON.stringify(token ?? 'end of query')}${wanted ? `, expected ${wanted}` : ''}`,
      )
    }
    return token
  }
  const upTo = (end: string) => {
    while (tokens[next] !== end) take()
  }

  function selections(): readonly Selection[] {
    const found: Selection[] = []
    take('{')
    while (tokens[next] !== '}') found.push(tokens[next] === '...' ? fragment() : field())
    take('}')
    return found
  }

  function fragment(): Selection {
    take('...')
    take('on')
    const on = take()
    return { name: '', alias: '', arguments: {}, selections: selections(), on }
  }

  function field(): Selection {
    const first = take()
    const aliased = tokens[next] === ':'
    if (aliased) take(':')
    const name = aliased ? take() : first
    const given = tokens[next] === '(' ? parameters() : {}
    return { name, alias: first, arguments: given, selections: tokens[next] === '{' ? selections() : null, on: null }
  }

  function parameters(): Record<string, Value> {
    return named('(', ')')
  }

  function named(open: string, close: string): Record<string, Value> {
    const given: Record<string, Value> = {}
    take(open)
    while (tokens[next] !== close) {
      const name = take()
      take(':')
      given[name] = value()
    }
    take(close)
    return given
  }

  function value(): Value {
    if (tokens[next] === '{') return { fields: named('{', '}') }
    const token = take()
    if (token === '$') return { variable: take() }
    if (token === '[') return list()
    // A bare word is an enum's value.
    return { literal: /^["\d-]|^(true|false|null)$/.test(token) ? JSON.parse(token) : token }
  }

  function list(): Value {
    const items: unknown[] = []
    while (tokens[next] !== ']') {
      const item = value()
      if (!('literal' in item)) throw new Error('this small GraphQL takes only literals in lists')
      items.push(item.literal)
    }
    take(']')
    return { literal: items }
  }

  if (tokens[next] !== '{') upTo(tokens.includes('(') && tokens.indexOf('(') < tokens.indexOf('{') ? ')' : '{')
  if (tokens[next] === ')') take(')')
  return selections()
}
