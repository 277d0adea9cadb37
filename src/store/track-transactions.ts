// Tracks whether a transaction is open in the running code. Any test on either database then shows two mistakes: slow
// work inside a transaction, and a query that bypasses the open transaction, which would wait for ever on PGlite's
// single connection.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, KyselyPlugin, TransactionBuilder } from 'kysely'
import type { Tables } from './tables.ts'

const current = new AsyncLocalStorage<{ open: boolean }>()

/** Is a transaction open in the current async context? Nothing slow may happen then. */
export function isInTransaction(): boolean {
  return current.getStore()?.open ?? false
}

/** The same database, with its open transactions tracked. */
export function trackTransactions(kysely: Kysely<Tables>): Kysely<Tables> {
  const tracked = kysely.withPlugin(REJECT_BYPASSING_QUERIES)
  // Transactions start below the plugin, which would reject their own queries.
  tracked.transaction = () => trackBuilder(kysely.transaction())
  return tracked
}

const REJECT_BYPASSING_QUERIES: KyselyPlugin = {
  transformQuery({ node }) {
    if (isInTransaction()) throw new Error('this query bypasses the open transaction')
    return node
  },
  transformResult: async ({ result }) => result,
}

function trackBuilder(builder: TransactionBuilder<Tables>): TransactionBuilder<Tables> {
  return new Proxy(builder, {
    get(target, name) {
      switch (name) {
        case 'execute':
          return (work: TransactionBody) => target.execute((trx) => runInTransaction(() => work(trx)))
        case 'setIsolationLevel':
          return (level: Parameters<typeof target.setIsolationLevel>[0]) =>
            trackBuilder(target.setIsolationLevel(level))
        case 'setAccessMode':
          return (mode: Parameters<typeof target.setAccessMode>[0]) => trackBuilder(target.setAccessMode(mode))
        default:
          return Reflect.get(target, name)
      }
    },
  })
}

type TransactionBody = Parameters<TransactionBuilder<Tables>['execute']>[0]

async function runInTransaction<T>(work: () => Promise<T>): Promise<T> {
  const state = { open: true }
  try {
    return await current.run(state, work)
  } finally {
    // Work that the transaction started and that outlives it may query again.
    state.open = false
  }
}
