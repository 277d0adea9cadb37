// The App that was registered on the setup page, encrypted: every process of the database is this App.
import type { Database } from './database.ts'

export async function loadSealedCredentials({ kysely }: Database): Promise<string | null> {
  const row = await kysely.selectFrom('app').select('sealedCredentials').executeTakeFirst()
  return row?.sealedCredentials ?? null
}

/** False when there is an App already: of two registrations at once, one wins. */
export async function insertSealedCredentials({ kysely }: Database, sealedCredentials: string): Promise<boolean> {
  const inserted = await kysely
    .insertInto('app')
    .values({ sealedCredentials })
    .onConflict((conflict) => conflict.doNothing())
    .returning('singleton')
    .executeTakeFirst()
  return inserted !== undefined
}

/** False when something else is stored by now. */
export async function replaceSealedCredentials(
  { kysely }: Database,
  o: { readonly former: string; readonly next: string },
): Promise<boolean> {
  const replaced = await kysely
    .updateTable('app')
    .set({ sealedCredentials: o.next })
    .where('sealedCredentials', '=', o.former)
    .returning('singleton')
    .executeTakeFirst()
  return replaced !== undefined
}
