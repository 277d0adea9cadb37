// Periodic work that one process does: the first to find it due.
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'

/** Makes the chore due then, unless it is due before. */
export async function bringChoreForward({ kysely }: Database, name: string, dueAt: Instant): Promise<void> {
  await kysely.updateTable('chores').set({ dueAt }).where('name', '=', name).where('dueAt', '>', dueAt).execute()
}

/** Takes the chore if it is due and sets when it is due next; false when it is not due or another process took it. */
export async function takeChore(
  { kysely }: Database,
  name: string,
  { now, next }: { readonly now: Instant; readonly next: Instant },
): Promise<boolean> {
  const taken = await kysely
    .insertInto('chores')
    .values({ name, dueAt: next })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ dueAt: next }).where('chores.dueAt', '<=', now))
    .returning('name')
    .executeTakeFirst()
  return taken !== undefined
}
