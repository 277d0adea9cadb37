// PGlite parses and plans each statement anew, which costs more than running most of them. Here a statement is prepared when
// it is first used, and then only run.
import { type PGlite, parse, protocol, type QueryOptions, type Results } from '@electric-sql/pglite'

/** The statements that one PGlite has prepared, by their texts: the least recently used first. */
export type PreparedStatements = Map<string, PreparedStatement>

type PreparedStatement = {
  readonly name: string
  readonly parameterTypes: readonly number[]
  /** How the server describes the rows. */
  readonly described: readonly BackendMessage[]
  readonly runs: number
}

type BackendMessage = Awaited<ReturnType<PGlite['execProtocolStream']>>[number]

const { serialize } = protocol
/** Andon has some 400. */
const MOST_STATEMENTS = 600
/** In all their texts: each is some 20 bytes of memory, and what writes many rows has a text for each number of rows. */
const MOST_CHARACTERS = 500_000
/** Then it is prepared anew: it may have been planned when its tables were small. */
const MOST_RUNS = 1_000

/** The part of a PGlite that Kysely uses, over prepared statements. */
export function prepareStatements(pglite: PGlite, prepared: PreparedStatements) {
  const run = <T>(text: string, parameters: readonly unknown[] = [], options?: QueryOptions): Promise<Results<T>> =>
    pglite.runExclusive(async () => {
      const statement = await prepareOnce(pglite, prepared, text)
      const { name, parameterTypes, described } = statement
      prepared.delete(text)
      prepared.set(text, { ...statement, runs: statement.runs + 1 })
      const values = parameters.map((value, index) => toText(pglite, value, parameterTypes[index]))
      const answered = await send(pglite, serialize.bind({ statement: name, values }), serialize.execute())
      const [result] = parse.parseResults([...described, ...answered], pglite.parsers, options)
      return result as Results<T>
    })
  return {
    waitReady: pglite.waitReady,
    get ready() {
      return pglite.ready
    },
    get closed() {
      return pglite.closed
    },
    close: () => pglite.close(),
    async query<T>(...words: Parameters<typeof run>): Promise<Results<T>> {
      await pglite._checkReady()
      return await pglite._runExclusiveTransaction(async () => {
        const result = await run<T>(...words)
        await pglite.syncToFs()
        return result
      })
    },
    transaction: <T>(work: (transaction: { query: typeof run; rollback(): Promise<void> }) => Promise<T>) =>
      pglite.transaction((transaction) => work({ query: run, rollback: () => transaction.rollback() })),
  }
}

async function prepareOnce(pglite: PGlite, prepared: PreparedStatements, text: string): Promise<PreparedStatement> {
  const known = prepared.get(text)
  if (known && known.runs < MOST_RUNS) return known
  await makeRoom(pglite, prepared, text)
  counter += 1
  const name = `andon_${counter}`
  const answered = await send(pglite, serialize.parse({ name, text }), serialize.describe({ type: 'S', name }))
  return {
    name,
    parameterTypes: parse.parseDescribeStatementResults(answered),
    described: answered.filter((message) => message.name === 'rowDescription'),
    runs: 0,
  }
}

let counter = 0

/** Gives up how this statement was prepared, and as many of the others as it needs room. */
async function makeRoom(pglite: PGlite, prepared: PreparedStatements, text: string): Promise<void> {
  const dropped: Uint8Array[] = []
  function drop(known: string): void {
    const statement = prepared.get(known)
    if (statement === undefined) return
    prepared.delete(known)
    dropped.push(serialize.close({ type: 'S', name: statement.name }))
  }
  drop(text)
  let characters = [text, ...prepared.keys()].reduce((sum, known) => sum + known.length, 0)
  for (const known of [...prepared.keys()]) {
    if (prepared.size < MOST_STATEMENTS && characters <= MOST_CHARACTERS) break
    characters -= known.length
    drop(known)
  }
  if (dropped.length > 0) await send(pglite, ...dropped)
}

async function send(pglite: PGlite, ...messages: readonly Uint8Array[]): Promise<BackendMessage[]> {
  const whole = new Uint8Array(Buffer.concat([...messages, serialize.sync()]))
  return await pglite.execProtocolStream(whole, { syncToFs: false })
}

function toText(pglite: PGlite, value: unknown, type = 0): string | null {
  if (value === null || value === undefined) return null
  return pglite.serializers[type]?.(value) ?? String(value)
}
