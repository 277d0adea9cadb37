// A borrowed database is emptied before it is lent again, unless a test changed more than rows.

/** Statements, in order, that restore the database to its new state. */
export const RESET_STATEMENTS = [
  // As `discard all`, but for prepared statements.
  'close all; reset session authorization; reset all; unlisten *; select pg_advisory_unlock_all()',
  'discard temp; discard sequences',
  // Most tables are untouched, and truncating an untouched one costs a millisecond.
  `do $$
    declare touched text;
    begin
      select string_agg(oid::regclass::text, ', ') into touched from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'kysely%'
          and pg_relation_size(oid) > 0;
      if touched is not null then execute 'truncate ' || touched || ' cascade'; end if;
      perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        from pg_sequences where last_value is not null;
    end $$`,
  // The one row that a migration inserts.
  'insert into global_hold default values on conflict do nothing',
]

/** What a test may have created, changed or dropped besides rows, as one text. */
export const SCHEMA_FINGERPRINT = `
    select jsonb_build_array(
      (select jsonb_agg(name order by name) from kysely_migration),
      (select jsonb_agg(nspname order by nspname) from pg_namespace where nspname not like 'pg\\_%'),
      (select jsonb_agg(array[relname, relkind::text] order by oid) from pg_class where relnamespace = here),
      (select jsonb_agg(array[attrelid::regclass::text, attname, attnotnull::text, format_type(atttypid, atttypmod)]
        order by attrelid, attnum) from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = here),
      (select jsonb_agg(conname order by oid) from pg_constraint where connamespace = here),
      (select jsonb_agg(proname order by oid) from pg_proc where pronamespace = here),
      (select count(*) from pg_trigger)
    )::text as shape from (select 'public'::regnamespace as here) as place`
