-- Holds, and what users are shown.

-- Holds: the latest hold, with its `reason`, or the latest release, whose `reason` is null. Holds on stages and issues are
-- in the pipeline's document; these are the holds on repositories and on everything.
alter table repositories add column hold_or_release jsonb;
-- Up to which issue the latest hold or release has been fanned out to the repository's pipelines; null for all.
alter table repositories add column hold_fan_out_cursor integer;
create index repositories_held on repositories (id) where hold_or_release ->> 'reason' is not null;
create index repositories_whose_hold_ends on repositories ((hold_or_release ->> 'until'))
  where hold_or_release ->> 'until' is not null;
create index repositories_to_fan_out on repositories (id) where hold_fan_out_cursor is not null;

-- By workflow: what its attempts showed, and what an agent reported. What Andon holds because of that, and when something
-- starts or ends by itself.
alter table repositories add column breakers jsonb not null default '{}';
alter table repositories add column workflow_holds jsonb not null default '[]';
alter table repositories add column admit_at timestamptz;
create index repositories_held_by_andon on repositories (id) where workflow_holds <> '[]';
create index repositories_to_wake on repositories (admit_at) where admit_at is not null;
alter table pipelines add column queued_workflow text;

-- The operator's hold on everything: one row, which every transaction that starts an attempt locks for share.
create table global_hold (
  singleton boolean primary key default true check (singleton),
  hold_or_release jsonb,
  -- Up to which repository the latest hold or release has been fanned out; null for all.
  fan_out_cursor bigint
);
insert into global_hold default values;

-- The stages that a pipeline's own holds keep from starting.
alter table pipelines add column held_stages text[] not null default '{}';

-- The health of the stage at work if nothing is heard before: first the one, then `stale`; null for never. While a hold
-- keeps an attempt from being sent, its silence says nothing.
alter table pipelines add column silent_at timestamptz;
alter table pipelines add column silent_health text check (silent_health in ('stalled', 'unknown'));
alter table pipelines add column stale_at timestamptz;
-- Until when its light counts as known unless GitHub, or its run, says anything more; null where nothing there decides it.
alter table pipelines add column known_until timestamptz;
alter table pipelines add column is_unsent boolean not null default false;
-- Its line is not final: its repository's file has not been read, or only with mistakes.
alter table pipelines add column awaits_file boolean not null default false;
-- What a pipeline was like when it was saved, by the definitions in src/store/board-columns.ts, but for what lies around it:
-- holds on its repository, mistakes in its file, what GitHub refuses. `turns_at` is when that changes next by itself.
alter table pipelines
  add column is_open boolean generated always as
    (light in ('running', 'review', 'queued', 'failed') or needs_you_at is not null) stored,
  add column needs_you boolean generated always as (coalesce(needs_you_at <= updated_at, false)) stored,
  add column health text generated always as (case
    when known_until <= updated_at then 'unknown'
    when stale_at <= updated_at then 'stale' when silent_at <= updated_at then silent_health else 'ok' end) stored,
  add column turns_at timestamptz generated always as (least(
    case when needs_you_at > updated_at then needs_you_at end,
    case when silent_at > updated_at then silent_at end,
    case when stale_at > updated_at then stale_at end,
    case when known_until > updated_at then known_until end)) stored,
  add column urgency smallint generated always as (case
    when not (held and light in ('running', 'review', 'queued', 'failed')) and not coalesce(needs_you_at <= updated_at, false)
      then 9 + array_position(array['running', 'review', 'queued', 'idle', 'failed', 'done'], light)
    when light = 'failed' then 0
    when stale_at <= updated_at or (silent_at <= updated_at and silent_health is not null)
      or known_until <= updated_at then 1
    when held and light in ('running', 'review', 'queued', 'failed') then 2
    else 3 end) stored;
-- What the board lists, read from an index alone, however much has ended and however much is open (bench/board.ts).
create index pipelines_open on pipelines (repository_id, urgency, since, id)
  include (issue_number, light, held, needs_you_at, stale_at, silent_at, silent_health, known_until, is_unsent, awaits_file)
  where is_open;
create index pipelines_by_urgency on pipelines (urgency, since, id) include (repository_id) where is_open;
create index pipelines_to_turn on pipelines (turns_at) where is_open and turns_at is not null;
create index pipelines_last_saved on pipelines (updated_at) where is_open;

-- How many open pipelines of a repository are alike. Whoever changes what is counted has locked the repository's row.
create table board_counts (
  repository_id bigint not null,
  light text not null,
  held boolean not null,
  is_unsent boolean not null,
  awaits_file boolean not null,
  needs_you boolean not null,
  health text not null,
  pipelines integer not null,
  primary key (repository_id, light, held, is_unsent, awaits_file, needs_you, health)
);

create function keep_board_counts() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.is_open then
    delete from board_counts where pipelines = 1
      and (repository_id, light, held, is_unsent, awaits_file, needs_you, health)
        = (old.repository_id, old.light, old.held, old.is_unsent, old.awaits_file, old.needs_you, old.health);
    if not found then
      update board_counts set pipelines = pipelines - 1
      where (repository_id, light, held, is_unsent, awaits_file, needs_you, health)
        = (old.repository_id, old.light, old.held, old.is_unsent, old.awaits_file, old.needs_you, old.health);
    end if;
  end if;
  if tg_op <> 'DELETE' and new.is_open then
    insert into board_counts as kept
    values (new.repository_id, new.light, new.held, new.is_unsent, new.awaits_file, new.needs_you, new.health, 1)
    on conflict (repository_id, light, held, is_unsent, awaits_file, needs_you, health)
      do update set pipelines = kept.pipelines + 1;
  end if;
  return null;
end $$;
create trigger count_new after insert on pipelines for each row when (new.is_open) execute function keep_board_counts();
create trigger count_gone after delete on pipelines for each row when (old.is_open) execute function keep_board_counts();
create trigger count_again after update on pipelines for each row
  when ((old.is_open or new.is_open) and (old.repository_id, old.is_open, old.light, old.held, old.is_unsent, old.awaits_file, old.needs_you, old.health)
    is distinct from
    (new.repository_id, new.is_open, new.light, new.held, new.is_unsent, new.awaits_file, new.needs_you, new.health))
  execute function keep_board_counts();
insert into board_counts
  select repository_id, light, held, is_unsent, awaits_file, needs_you, health, count(*)
  from pipelines where is_open group by 1, 2, 3, 4, 5, 6, 7;
-- What was done today.
create index pipelines_done on pipelines (since) include (repository_id) where light = 'done';
-- What the board is searched by: the issue's title, and the logins, in lower case, of those whom it concerns.
alter table pipelines add column title text;
alter table pipelines add column people text[] not null default '{}';

-- Mistakes in a repository's file are shown to its author on the commit that brought them. So a publication may belong to
-- a repository instead of a pipeline, and a repository is published the way a pipeline is.
alter table repositories add column configuration_valid_sha text;
update repositories set configuration_valid_sha = configuration_head_sha
  where configuration is not null and configuration_problems = '[]';
-- Raised when what GitHub should show of the file changes; the other columns are those of pipelines.
alter table repositories add column revision integer not null default 0;
alter table repositories add column published_revision integer not null default 0;
alter table repositories add column publish_after timestamptz not null default '-infinity';
alter table repositories add column publish_claim_token uuid;
alter table repositories add column publish_claimed_until timestamptz;
update repositories set revision = 1 where configuration_problems <> '[]';
create index repositories_to_publish on repositories (publish_after) where published_revision < revision;

alter table publications drop constraint publications_pkey;
alter table publications alter column pipeline_id drop not null;
alter table publications add column repository_id bigint references repositories (id) on delete cascade;
alter table publications add constraint publications_of_one check (num_nonnulls(pipeline_id, repository_id) = 1);
alter table publications add constraint publications_of_pipelines unique (pipeline_id, surface);
alter table publications add constraint publications_of_repositories unique (repository_id, surface);
-- Reactions of the last minute and answers of the last hour are counted; replies on one issue go out together.
create index effects_answers on effects (repository_id, updated_at) where type in ('react', 'reply');
