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
alter table pipelines add column is_unsent boolean not null default false;
-- Its line is not final: its repository's file has not been read, or only with mistakes.
alter table pipelines add column awaits_file boolean not null default false;
-- What the board counts and lists, read from the index alone, however much has ended (bench/board.ts).
create index pipelines_open on pipelines (repository_id)
  include (id, issue_number, light, since, held, needs_you_at, stale_at, silent_at, silent_health, is_unsent, awaits_file)
  where light in ('running', 'review', 'queued', 'failed') or needs_you_at is not null;
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
