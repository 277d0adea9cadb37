-- Running a line: the configuration, attempts that are admitted and dispatched, and heartbeats.

-- The last valid `andon.yml`; null when there is none, and Andon only observes. Problems are those of the newest text.
alter table repositories add column configuration jsonb;
alter table repositories add column configuration_source text
  check (configuration_source in ('repository', 'organisation'));
alter table repositories add column configuration_sha text;
alter table repositories add column configuration_problems jsonb not null default '[]';
-- Head of the default branch when the newest text was read: its check run shows the problems to the author.
alter table repositories add column configuration_head_sha text;
alter table repositories add column configuration_read_at timestamptz;
create index repositories_with_problems on repositories (id) where configuration_problems <> '[]';

-- Admission: attempts that use a slot, since when a pipeline waits for one, and when it used one of a day's starts.
alter table pipelines add column live_attempts integer not null default 0;
alter table pipelines add column queued_at timestamptz;
alter table pipelines add column started_at timestamptz;
-- The recorded reason why it waits for a slot.
alter table pipelines add column denial jsonb;
create index pipelines_holding_slots on pipelines (repository_id, live_attempts) where live_attempts > 0;
create index pipelines_waiting on pipelines (repository_id, (started_at is null), queued_at, issue_number)
  where queued_at is not null;
create index pipelines_by_start on pipelines (repository_id, started_at) where started_at is not null;

-- `sending`: committed just before the call, so a crash after it leaves `unconfirmed`: search GitHub before it is sent again.
alter table effects drop constraint effects_state_check;
alter table effects add constraint effects_state_check
  check (state in ('due', 'sending', 'unconfirmed', 'done', 'refused', 'buried'));
alter table effects add column type text not null default 'ask';
alter table effects add column sent_at timestamptz;
alter table effects add column misses integer not null default 0;
alter table effects add column missed_at timestamptz;
drop index effects_due;
create index effects_due on effects (due_at) where state in ('due', 'sending', 'unconfirmed');
-- One dispatch for an attempt, whatever its key.
create unique index effects_one_dispatch on effects
  (repository_id, (document ->> 'issueNumber'), (document ->> 'stage'), (document ->> 'attempt')) where type = 'dispatch';

-- Runs that belong to an issue, whatever their titles and branches say, because GitHub named them in the answer to a
-- dispatch or their titles have an attempt's key.
create table bound_runs (
  run_id bigint primary key,
  repository_id bigint not null,
  issue_number integer not null
);

-- Heartbeats of attempts: one row each, written outside the door.
create table beats (
  repository_id bigint not null,
  issue_number integer not null,
  attempt_key text not null,
  run_id bigint not null,
  alive_at timestamptz not null,
  progress integer check (progress between 0 and 100),
  text text,
  url text,
  primary key (repository_id, issue_number, attempt_key)
);
create index beats_by_age on beats (alive_at);

-- What GitHub refuses now, whatever is sent: a missing permission, a suspended installation, a locked conversation. A row goes
-- when a call works, or with the event that lifts it. 0 stands for all: the App, every repository, every issue.
create table access_problems (
  id bigint generated always as identity primary key,
  installation_id bigint not null,
  repository_id bigint not null,
  issue_number integer not null,
  -- What the refused calls need, `issues=write`; empty when every call is refused.
  permission text not null,
  cause text not null,
  words text not null,
  settings_url text,
  -- GitHub said so by itself: no call has to be refused to keep the row.
  declared boolean not null,
  since timestamptz not null,
  tried_at timestamptz not null,
  -- Until then no call is made that would be refused alike; then one is made, to see.
  next_try_at timestamptz not null,
  tries integer not null,
  unique (installation_id, repository_id, issue_number, permission)
);

-- Heartbeats of our own processes.
create table loops (
  id text primary key,
  host text not null,
  pid integer not null,
  started_at_ticks text,
  role text not null,
  status text not null check (status in ('running', 'idle', 'stopping')),
  iteration bigint not null,
  beat_at timestamptz not null,
  progress_at timestamptz,
  in_flight_since timestamptz,
  last_error text,
  stop_requested_at timestamptz
);

-- Since when Andon has been there without a break: its door for deliveries and reports, and the loops that act on silence.
create table presence (
  part text primary key check (part in ('door', 'loops')),
  seen_at timestamptz not null,
  since timestamptz not null
);

-- Periodic work that one process does, and when it is due next.
create table chores (
  name text primary key,
  due_at timestamptz not null
);

-- What operators are shown of the processes themselves.

-- What GitHub last said is left of a quota. 0 is the App itself.
create table github_quotas (
  installation_id bigint not null,
  -- GitHub's word: `core` for REST, `graphql`.
  resource text not null,
  allowed integer not null,
  remaining integer not null,
  resets_at timestamptz not null,
  read_at timestamptz not null,
  primary key (installation_id, resource)
);

-- By how much other clocks are ahead of that of a process, as it last measured them.
create table clock_readings (
  -- `<role>-<host>-<pid>`.
  process text not null,
  clock text not null check (clock in ('github', 'database')),
  ahead_ms double precision not null,
  -- It may be that much more or less.
  error_ms double precision not null,
  read_at timestamptz not null,
  primary key (process, clock)
);

-- How long deliveries took until their commit, and until they were written to the browsers: how many in each minute, and in
-- which bucket (src/health/latency-buckets.ts).
create table latencies (
  minute timestamptz not null,
  step text not null check (step in ('commit', 'browser')),
  bucket smallint not null,
  count integer not null,
  primary key (minute, step, bucket)
);

create index effects_buried on effects (id) where state = 'buried';
