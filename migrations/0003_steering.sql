-- People steer the line.

-- The cord: the last word about a place, pulled (`why` is the reason) or let go (`why` is null). Stages and issues are
-- held in the pipeline's document; these are the places around it.
alter table repositories add column cord jsonb;
-- Up to which issue the repository's pipelines have been told of the last word about it or about everything; null: all.
alter table repositories add column cord_told_up_to integer;
create index repositories_held on repositories (id) where cord ->> 'why' is not null;
create index repositories_to_tell on repositories (id) where cord_told_up_to is not null;

-- The operator's: one row, that whoever starts anything locks for share.
create table cord (
  everything boolean primary key default true check (everything),
  word jsonb,
  -- Up to which repository the last word has been passed on; null: to all.
  told_up_to bigint
);
insert into cord default values;

-- The stages that a pipeline's own holds keep from being started.
alter table pipelines add column held_stages text[] not null default '{}';
