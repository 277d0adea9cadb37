import type { Kysely } from 'kysely'
import type { Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** Does the work in a transaction that is then rolled back, so that nothing of it is left; resolves to what it came to. */
export async function rehearseAndRollBack<T>(
  kysely: Kysely<Tables>,
  work: (trx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await kysely.transaction().execute(async (trx) => {
      throw new RolledBack(await work(trx))
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.result as T
    throw error
  }
}

class RolledBack extends Error {
  readonly result: unknown

  constructor(result: unknown) {
    super('the rehearsal is over')
    this.result = result
  }
}
