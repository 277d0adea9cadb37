// The embedded databases that this process has open, lent to one test after another: opening one costs half a second of
// processor time, emptying it a hundredth of that. A database that comes back changed is not lent again.
import type { PGlite } from '@electric-sql/pglite'
import type { Database } from '../../src/store/database.ts'
import { wrapPGlite } from '../../src/store/embedded.ts'
import type { PreparedStatements } from '../../src/store/prepared-statements.ts'
import { copyEmbeddedTemplate } from './database-template.ts'
import { RESET_STATEMENTS, SCHEMA_FINGERPRINT } from './reset-statements.ts'

/** A migrated, empty embedded database; closing it returns it to the pool. */
export async function borrowEmbedded(): Promise<Database> {
  const lent = (await resetAvailable()) ?? (await openNew())
  return wrapPGlite(asBorrowed(lent), 'memory', lent.prepared)
}

type PooledDatabase = { readonly pglite: PGlite; readonly fingerprint: string; readonly prepared: PreparedStatements }

const available: PooledDatabase[] = []

async function openNew(): Promise<PooledDatabase> {
  const pglite = await copyEmbeddedTemplate()
  return { pglite, fingerprint: await fingerprintOf(pglite), prepared: new Map() }
}

async function resetAvailable(): Promise<PooledDatabase | null> {
  for (let lent = available.pop(); lent; lent = available.pop()) {
    for (const step of RESET_STATEMENTS) await lent.pglite.exec(step)
    if ((await fingerprintOf(lent.pglite)) === lent.fingerprint) return lent
    await lent.pglite.close()
  }
  return null
}

/** The database as its borrower sees it: closed for good after `close`, whatever the next borrower does. */
function asBorrowed(lent: PooledDatabase): PGlite {
  const { pglite } = lent
  let closed = false
  let transactions = 0
  const listening: (() => Promise<void>)[] = []
  const own: Pick<PGlite, 'close' | 'listen' | 'transaction'> = {
    async close() {
      if (closed) return
      closed = true
      // A transaction that was left open can never be ended.
      if (transactions > 0) return await pglite.close()
      for (const stop of listening) await stop()
      available.push(lent)
    },
    async listen(...words) {
      const stop = await pglite.listen(...words)
      listening.push(stop)
      return stop
    },
    async transaction(work) {
      transactions++
      return pglite.transaction(work).finally(() => transactions--)
    },
  }
  return new Proxy(pglite, {
    get(target, name) {
      if (name === 'closed') return closed
      const isOwn = Object.hasOwn(own, name)
      const value = Reflect.get(isOwn ? own : target, name, isOwn ? own : target)
      if (typeof value !== 'function' || name === 'close') return value
      return (...words: unknown[]) =>
        closed ? Promise.reject(new Error('PGlite is closed')) : Reflect.apply(value, target, words)
    },
  })
}

async function fingerprintOf(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ shape: string }>(SCHEMA_FINGERPRINT)
  return rows[0]?.shape ?? ''
}
