// Knows whether a transaction is open in the code that is running. Two mistakes then show in any test on either database:
// something slow done while one is open, and a query that goes around the open one, which on PGlite, with its single
// connection, would wait for itself for ever.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, KyselyPlugin, TransactionBuilder } from 'kysely'
import type { Tables } from './tables.ts'

const current = new AsyncLocalStorage<{ open: boolean }>()

/** Is a transaction open in the present chain of calls? Nothing slow may happen then. */
export function isInTransaction(): boolean {
  return current.getStore()?.open ?? false
}

/** The same database, whose transactions are known while they are open. */
export function trackTransactions(kysely: Kysely<Tables>): Kysely<Tables> {
  const watched = kysely.withPlugin(REJECT_BYPASSING_QUERIES)
  // Begun below the plugin: a transaction's own queries are no way around it.
  watched.transaction = () => trackBuilder(kysely.transaction())
  return watched
}

const REJECT_BYPASSING_QUERIES: KyselyPlugin = {
  transformQuery({ node }) {
    if (isInTransaction()) throw new Error('a query goes around the transaction that is open here')
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
    // What was started in there and outlives it is free again.
    state.open = false
  }
}
