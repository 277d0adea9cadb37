import { sql } from 'kysely'
import type { Database } from '../../../src/store/database.ts'

/** Makes the database record the order of the commits that say `sending` and of those that hold or release. */
export async function recordCommits({ kysely }: Database): Promise<void> {
  await sql`create table commits (id bigint generated always as identity, change text, repository_id bigint)`.execute(
    kysely,
  )
  await sql`
    create function note_sending() returns trigger language plpgsql as $$ begin
      insert into commits (change, repository_id) values ('sending', new.repository_id); return null; end $$;
    create function note_repository() returns trigger language plpgsql as $$ begin
      insert into commits (change, repository_id) values (coalesce(new.hold_or_release ->> 'reason', 'resumed'), new.id); return null; end $$;
    create function note_everything() returns trigger language plpgsql as $$ begin
      insert into commits (change) values (coalesce(new.hold_or_release ->> 'reason', 'resumed')); return null; end $$;
    create constraint trigger note_sending after update on effects deferrable initially deferred
      for each row when (new.state = 'sending' and old.state <> 'sending') execute function note_sending();
    create constraint trigger note_repository after update on repositories deferrable initially deferred
      for each row when (new.hold_or_release is distinct from old.hold_or_release) execute function note_repository();
    create constraint trigger note_everything after update on global_hold deferrable initially deferred
      for each row when (new.hold_or_release is distinct from old.hold_or_release) execute function note_everything();
    -- GitHub's patience is somebody else's test: here everything may be sent at once.
    create function forget_budget() returns trigger language plpgsql as $$ begin
      new.next_write_at = '-infinity'; new.creations = '[]'; return new; end $$;
    create trigger forget_budget before insert or update on budgets for each row execute function forget_budget()`.execute(
    kysely,
  )
}

/** Commits in their order: `sending`, or the hold or release. */
export async function recordedCommits({ kysely }: Database) {
  const { rows } = await sql<{ change: string; repositoryId: number | null }>`
    select change, repository_id from commits order by id`.execute(kysely)
  return rows
}
