// A worker dies or freezes at one named point of its work, before or after a commit or a call. It sends itself the signal
// that an operator or a host would send, so that it stops exactly there.
import { writeSync } from 'node:fs'
import type { KyselyPlugin, RootOperationNode, TransactionBuilder } from 'kysely'
import { requestKindOf } from '../../../fake-github/write-log.ts'
import type { Database, Transaction } from '../../../src/store/database.ts'
import type { Tables } from '../../../src/store/tables.ts'

/** A commit, named by what it writes. */
export type CommitPoint =
  | 'an attempt is admitted'
  | 'a dispatch is claimed'
  | 'a dispatch is sending'
  | 'a dispatch is confirmed'
  | 'a dispatch is unconfirmed'
  | 'a lost dispatch is claimed'
  | 'a pipeline is claimed'
  | 'a creation is intended'
  | 'a write is recorded'
  | 'a found surface is recorded'
  | 'a pipeline is released'

/** A call, named by its request to GitHub. */
export type CallPoint =
  | 'dispatch'
  | 'list runs'
  | 'comment'
  | 'ask'
  | 'check'
  | 'comment-edit'
  | 'check-edit'
  | 'minimize'
  | 'list comments'
  | 'list check runs'

export type CrashBoundary = `${'before' | 'after'}: ${CommitPoint | CallPoint}`

export type CrashPoint = { readonly at: CrashBoundary; readonly signal: 'SIGKILL' | 'SIGSTOP' }

/** The same database and the same GitHub client, with the crash point set. */
export function withCrashPoint(
  { at, signal }: CrashPoint,
  o: { database: Database; fetch: typeof fetch },
): { database: Database; fetch: typeof fetch } {
  let isOver = false
  const dispatches = new Set<string>()

  function reach(boundary: string): void {
    if (boundary !== at || isOver) return
    isOver = true
    writeSync(1, `reached ${boundary}\n`)
    process.kill(process.pid, signal)
  }

  // The embedded database has one connection for everything.
  for (const connections of new Set([o.database.kysely, o.database.reserved])) {
    const begin = connections.transaction.bind(connections)
    connections.transaction = () => watched(begin())
  }

  function watched(builder: TransactionBuilder<Tables>): TransactionBuilder<Tables> {
    return new Proxy(builder, {
      get(target, name) {
        if (name === 'execute') return (work: (trx: Transaction) => Promise<unknown>) => execute(target, work)
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? (...words: unknown[]) => watched(value.apply(target, words)) : value
      },
    })
  }

  async function execute(builder: TransactionBuilder<Tables>, work: (trx: Transaction) => Promise<unknown>) {
    const statements: RootOperationNode[] = []
    const listening: KyselyPlugin = {
      transformQuery({ node }) {
        statements.push(node)
        return node
      },
      transformResult: async ({ result }) => result,
    }
    let names: readonly CommitPoint[] = []
    const result = await builder.execute(async (trx) => {
      const done = await work(trx.withPlugin(listening))
      names = commitPointsOf(statements, dispatches)
      for (const name of names) reach(`before: ${name}`)
      return done
    })
    for (const name of names) reach(`after: ${name}`)
    return result
  }

  return {
    database: o.database,
    async fetch(input, init) {
      const call = callPointOf(init?.method ?? 'GET', new URL(String(input)).pathname, init?.body)
      if (call !== null) reach(`before: ${call}`)
      // A request that a process sent before it froze still arrives, however long ago the process timed out.
      const isLate = signal === 'SIGSTOP' && isOver && `before: ${call}` === at
      const response = await (isLate ? fetch(input, { ...init, signal: null }) : o.fetch(input, init))
      if (call !== null) reach(`after: ${call}`)
      return response
    },
  }
}

function callPointOf(method: string, path: string, body: unknown): CallPoint | null {
  const kind = requestKindOf(method, path, path === '/graphql' ? JSON.parse(String(body)) : null)
  // The comment that asks for a person.
  if (kind === 'comment' && String(body).includes('/need/')) return 'ask'
  if (kind === 'dispatch' || kind === 'comment' || kind === 'check') return kind
  if (kind === 'comment-edit' || kind === 'check-edit' || kind === 'minimize') return kind
  if (kind !== 'read') return null
  if (/\/workflows\/[^/]+\/runs$/.test(path)) return 'list runs'
  if (/\/issues\/\d+\/comments$/.test(path)) return 'list comments'
  return /\/commits\/[^/]+\/check-runs$/.test(path) ? 'list check runs' : null
}

/** What a transaction writes, from its statements; `dispatches` are the tokens under which dispatches were claimed. */
function commitPointsOf(statements: readonly RootOperationNode[], dispatches: Set<string>): readonly CommitPoint[] {
  const texts = statements.map((node) => JSON.stringify(node))
  const all = texts.join('\n')
  const updates = (table: string) => texts.filter((text) => isStatementOn(text, 'Update', table)).join('\n')
  const names: CommitPoint[] = []
  const decided = texts.filter((text) => isStatementOn(text, 'Insert', 'effects')).join('\n')
  if (decided.includes('"dispatch/')) names.push('an attempt is admitted')
  const claim = updates('effects')
  if (claim.includes('"claimed_until"') && all.includes('"value":"dispatch"')) {
    for (const [token] of claim.matchAll(UUID)) dispatches.add(token)
    names.push(all.includes('"unconfirmed"') ? 'a lost dispatch is claimed' : 'a dispatch is claimed')
  }
  for (const { token, state } of statements.flatMap(effectUpdatesIn)) {
    const name = dispatches.has(token) ? DISPATCH_COMMIT_POINTS[state] : undefined
    if (name !== undefined) names.push(name)
  }
  const publication = texts.filter((text) => isStatementOn(text, 'Insert', 'publications')).join('\n')
  if (publication.includes('"digest"')) {
    names.push(publication.includes('"sending"') ? 'a creation is intended' : 'a write is recorded')
  } else if (publication !== '') names.push('a found surface is recorded')
  const pipelines = updates('pipelines')
  if (pipelines.includes('"publish_after"')) names.push('a pipeline is released')
  else if (pipelines.includes('"publish_claim_token"') && all.includes('"SkipLocked"'))
    names.push('a pipeline is claimed')
  return names
}

function isStatementOn(text: string, verb: 'Insert' | 'Update', table: string): boolean {
  return text.includes(`"${verb}QueryNode"`) && text.includes(`"name":"${table}"`)
}

/** The outcomes of effects, which go to the database as one JSON text. */
function effectUpdatesIn(node: RootOperationNode): readonly { readonly token: string; readonly state: string }[] {
  if (node.kind !== 'RawNode' || !node.sqlFragments.join('').includes('update effects set')) return []
  const values = node.parameters.map((parameter) => (parameter as { value?: unknown }).value)
  const outcomes = values.find((value) => typeof value === 'string' && value.startsWith('['))
  return outcomes === undefined ? [] : JSON.parse(String(outcomes))
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const DISPATCH_COMMIT_POINTS: Readonly<Record<string, CommitPoint>> = {
  sending: 'a dispatch is sending',
  done: 'a dispatch is confirmed',
  unconfirmed: 'a dispatch is unconfirmed',
}
