-- What people steer and what they are told.

-- Holds: the last word about a place, held for a `reason`, or released (`reason` is null). Stages and issues are
-- held in the pipeline's document; these are the places around it.
alter table repositories add column hold_or_release jsonb;
-- Up to which issue the repository's pipelines have been told of the last word about it or about everything; null: all.
alter table repositories add column hold_fan_out_cursor integer;
create index repositories_held on repositories (id) where hold_or_release ->> 'reason' is not null;
create index repositories_to_fan_out on repositories (id) where hold_fan_out_cursor is not null;

-- The operator's: one row, that whoever starts anything locks for share.
create table global_hold (
  singleton boolean primary key default true check (singleton),
  hold_or_release jsonb,
  -- Up to which repository the last word has been passed on; null: to all.
  fan_out_cursor bigint
);
insert into global_hold default values;

-- The stages that a pipeline's own holds keep from being started.
alter table pipelines add column held_stages text[] not null default '{}';

-- What is wrong in a repository's file is told where its author looks: on the commit that brought it. So a publication
-- may belong to a repository instead of a pipeline, and a repository is published the way a pipeline is.
alter table repositories add column configuration_valid_sha text;
update repositories set configuration_valid_sha = configuration_head_sha
  where configuration is not null and configuration_problems = '[]';
-- Raised whenever what is to be told of its file changes; then as with pipelines: what GitHub shows, and who brings it there.
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
-- Reactions of the last minute and answers of the last hour are counted; replies to one issue go out together.
create index effects_answers on effects (repository_id, updated_at) where type in ('react', 'reply');
