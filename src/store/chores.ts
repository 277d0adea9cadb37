// Periodic work that one process does: the first to find it due.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'

/** Makes the chore due then, unless it is due before. */
export async function bringChoreForward({ kysely }: Database, name: string, dueAt: Instant): Promise<void> {
  await kysely.updateTable('chores').set({ dueAt }).where('name', '=', name).where('dueAt', '>', dueAt).execute()
}

/** Makes the chore due then and not before: whoever took it has done it. */
export async function putChoreOff({ kysely }: Database, name: string, dueAt: Instant): Promise<void> {
  await kysely.updateTable('chores').set({ dueAt }).where('name', '=', name).execute()
}

/** Takes the chore if it is due and sets when it is due next; false when it is not due or another process took it. */
export async function takeChore(
  { kysely }: Database,
  name: string,
  { now, next }: { readonly now: Instant; readonly next: Instant },
): Promise<boolean> {
  // Asked at every step of a loop: a conflict would lock the row, so a chore that is not due is not even inserted.
  const { rows } = await sql`
    insert into chores (name, due_at) select ${name}::text, ${next}::timestamptz
    where not exists (select from chores where name = ${name} and due_at > ${now})
    on conflict (name) do update set due_at = excluded.due_at where chores.due_at <= ${now}
    returning name`.execute(kysely)
  return rows.length > 0
}
