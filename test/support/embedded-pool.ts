// The embedded databases that this process has open, lent to one test after the other: to open one costs half a second
// of a processor, to empty it a hundredth of that. What does not come back as it was lent is not lent again.
import type { PGlite } from '@electric-sql/pglite'
import type { Database } from '../../src/store/database.ts'
import { overPGlite } from '../../src/store/embedded.ts'
import { copyOfEmbedded } from './database-template.ts'
import { EMPTY, SHAPE } from './reset-statements.ts'

/** A migrated, empty embedded database; closing it gives it back. */
export async function lendEmbedded(): Promise<Database> {
  return overPGlite(onLoan((await emptied()) ?? (await opened())), 'memory')
}

type Lent = { readonly pglite: PGlite; readonly shape: string }

const returned: Lent[] = []

async function opened(): Promise<Lent> {
  const pglite = await copyOfEmbedded()
  return { pglite, shape: await shapeOf(pglite) }
}

async function emptied(): Promise<Lent | null> {
  for (let lent = returned.pop(); lent; lent = returned.pop()) {
    for (const step of EMPTY) await lent.pglite.exec(step)
    if ((await shapeOf(lent.pglite)) === lent.shape) return lent
    await lent.pglite.close()
  }
  return null
}

/** The database as its borrower sees it: closed for good when he closed it, whatever the next one does with it. */
function onLoan(lent: Lent): PGlite {
  const { pglite } = lent
  let closed = false
  let transactions = 0
  const listening: (() => Promise<void>)[] = []
  const own: Pick<PGlite, 'close' | 'listen' | 'transaction'> = {
    async close() {
      if (closed) return
      closed = true
      // A transaction that was left open is nobody's to end.
      if (transactions > 0) return await pglite.close()
      for (const stop of listening) await stop()
      returned.push(lent)
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

async function shapeOf(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ shape: string }>(SHAPE)
  return rows[0]?.shape ?? ''
}
