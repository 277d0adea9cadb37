-- The schema. Rows are locked in this order: deliveries, repositories, pipelines, effects, each by id.

create table installations (
  id bigint primary key,
  account text not null,
  state text not null default 'active' check (state in ('active', 'suspended', 'removed')),
  -- Its page at GitHub, where permissions are accepted; null until a delivery names it.
  settings_url text,
  -- When GitHub was last asked about it.
  read_at timestamptz
);

-- One row per repository that an installation reaches. A lock on it serialises everything that happens in the repository.
create table repositories (
  id bigint primary key,
  installation_id bigint not null,
  full_name text not null,
  private boolean not null,
  default_branch text,
  removed_at timestamptz,
  -- GitHub's, of the description in force; null while none was dated.
  updated_at timestamptz,
  -- When GitHub was last asked about it.
  read_at timestamptz
);
create index repositories_by_name on repositories (lower(full_name));
create index repositories_by_installation on repositories (installation_id);

-- Every accepted delivery. A failed one has its raw body and the reason, an applied one its event.
create table deliveries (
  id bigint generated always as identity primary key,
  hook_id bigint not null,
  guid text not null,
  name text not null,
  action text,
  repository_id bigint,
  installation_id bigint,
  received_at timestamptz not null,
  state text not null check (state in ('applied', 'ignored', 'failed')),
  event jsonb,
  error text,
  body bytea,
  attempts integer not null default 1,
  unique (hook_id, guid)
);
create index deliveries_failed on deliveries (id) where state = 'failed';
create index deliveries_by_age on deliveries (received_at);

-- Facts of GitHub, by GitHub's ids, merged over all deliveries. A run names at most one issue; a pull request belongs to
-- the issues that it closes and the one that its branch names.
create table runs (
  id bigint primary key,
  repository_id bigint not null,
  branch text,
  issue_number integer,
  document jsonb not null,
  updated_at timestamptz not null
);
create index runs_by_branch on runs (repository_id, branch);
create index runs_by_issue on runs (repository_id, issue_number) where issue_number is not null;
create index runs_by_age on runs (updated_at);

create table pull_requests (
  repository_id bigint not null,
  number integer not null,
  branch text not null,
  issue_numbers integer[] not null default '{}',
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (repository_id, number)
);
create index pull_requests_by_branch on pull_requests (repository_id, branch);
create index pull_requests_by_issue on pull_requests using gin (issue_numbers);
create index pull_requests_by_age on pull_requests (updated_at);

-- One row per issue on the line: the document, and the columns that queries need.
create table pipelines (
  id bigint generated always as identity primary key,
  repository_id bigint not null,
  issue_number integer not null,
  revision integer not null,
  document jsonb not null,
  light text not null check (light in ('running', 'review', 'queued', 'failed', 'done', 'idle')),
  -- The furthest live stage, or the one that the light is about.
  stage text not null,
  held boolean not null default false,
  -- Since when the pipeline has this light: the order of the board.
  since timestamptz not null,
  -- From when on a person is needed if nothing changes, and the pipeline counts as "needs you"; null for never.
  needs_you_at timestamptz,
  -- When the watchdog wakes it next.
  wake_at timestamptz,
  -- The revision that GitHub shows, and the claim of the worker that publishes the next one. Without a token,
  -- `publish_claimed_until` is when the pipeline was last served.
  published_revision integer not null default 0,
  publish_after timestamptz not null default '-infinity',
  publish_claim_token uuid,
  publish_claimed_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (repository_id, issue_number)
);
create index pipelines_by_light on pipelines (light, since, id);
create index pipelines_needing_you on pipelines (needs_you_at) where needs_you_at is not null;
create index pipelines_to_wake on pipelines (wake_at) where wake_at is not null;
create index pipelines_to_publish on pipelines (publish_after) where published_revision < revision;

-- History entries, append-only. `detail` is the change, as data.
create table history (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references pipelines (id) on delete cascade,
  revision integer not null,
  at timestamptz not null,
  type text not null,
  actor text,
  detail jsonb not null,
  evidence jsonb
);
create index history_by_pipeline on history (pipeline_id, id);

-- What must happen once.
create table effects (
  id bigint generated always as identity primary key,
  repository_id bigint not null,
  pipeline_id bigint,
  key text not null,
  document jsonb not null,
  state text not null default 'due' check (state in ('due', 'done', 'buried')),
  due_at timestamptz not null,
  tries integer not null default 0,
  claim_token uuid,
  claimed_until timestamptz,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (repository_id, key)
);
create index effects_due on effects (due_at) where state = 'due';

-- What must be true on GitHub: one row per pipeline and surface (`comment/plan`, `check/plan/<sha>`).
create table publications (
  pipeline_id bigint not null references pipelines (id) on delete cascade,
  surface text not null,
  github_id bigint,
  digest text,
  -- `sending`: a creation went out and its answer is unknown; GitHub is searched before anything is sent again.
  state text not null default 'confirmed' check (state in ('confirmed', 'sending')),
  sent_at timestamptz,
  error text,
  updated_at timestamptz not null,
  primary key (pipeline_id, surface)
);
create index publications_by_github_id on publications (github_id);
-- What GitHub refuses; its columns seldom change, so that other changes touch no index.
create index publications_refused on publications (pipeline_id) where error is not null;

-- The write budget of each installation, shared by every process.
create table budgets (
  installation_id bigint primary key,
  next_write_at timestamptz not null default '-infinity',
  blocked_until timestamptz not null default '-infinity',
  -- Times of the creations of the last hour, oldest first: limits are exact, not estimated.
  creations jsonb not null default '[]',
  -- Writes since the last publication: a publication's turn comes after a few.
  writes_since_publication integer not null default 0,
  updated_at timestamptz not null
);
