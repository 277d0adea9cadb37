-- What Andon missed, and how it finds out.

-- The sweep of GitHub's log of deliveries: one row per App. Whoever holds the claim sweeps.
create table sweeps (
  app_id bigint primary key,
  -- The hook of the App, as in the key of the inbox; null until a delivery has shown it.
  hook_id bigint,
  -- When the next request may be made.
  due_at timestamptz not null default '-infinity',
  -- GitHub accepts no request before.
  blocked_until timestamptz not null default '-infinity',
  claim_token uuid,
  claimed_until timestamptz not null default '-infinity',
  -- When the log is read again from its top.
  next_scan_at timestamptz not null default '-infinity',
  -- How far a scan has come that is not finished; null between scans.
  scan jsonb,
  -- GitHub's time of the newest delivery of the last finished scan: everything before is in the inbox, or in
  -- `missed_deliveries`.
  swept_until timestamptz,
  -- When the last scan was finished.
  scanned_at timestamptz,
  -- Requests that the time since has not made up for.
  calls double precision not null default 0,
  calls_at timestamptz not null default '-infinity',
  -- Since when, and why, the log cannot be read; null while it can.
  failing_since timestamptz,
  error text,
  -- What the log no longer had when it was read: what GitHub sent in between can only be found by reading its state.
  cut_off_from timestamptz,
  cut_off_until timestamptz,
  cut_off_at timestamptz,
  -- When all pipelines that were under way had been read from GitHub since; null before.
  cut_off_reconciled_at timestamptz
);

-- Deliveries that GitHub logged, that were not in the inbox when the log was read, and that matter.
create table missed_deliveries (
  app_id bigint not null,
  guid text not null,
  -- GitHub's number in its log.
  log_id text not null,
  name text not null,
  action text,
  installation_id bigint,
  repository_id bigint,
  delivered_at timestamptz not null,
  -- When the scan began that found it.
  found_at timestamptz not null,
  -- `arrived`: it came by itself after all. `gone`: the log has it no longer. `failed`: it could not be fetched.
  state text not null default 'due' check (state in ('due', 'repaired', 'arrived', 'gone', 'failed')),
  tries integer not null default 0,
  -- How often GitHub said that it has no such delivery.
  misses integer not null default 0,
  due_at timestamptz not null,
  ended_at timestamptz,
  error text,
  primary key (app_id, guid)
);
create index missed_deliveries_due on missed_deliveries (app_id, due_at) where state = 'due';
create index missed_deliveries_by_scan on missed_deliveries (found_at);

-- Open issues that carry the start label and are not on the line are looked for: one row per repository.
create table label_scans (
  repository_id bigint primary key references repositories (id) on delete cascade,
  -- What was looked for; another label, or a file where there was none, makes the repository new.
  label text,
  has_file boolean,
  -- What was labelled before is left alone; null for nothing.
  not_before timestamptz,
  due_at timestamptz not null,
  claimed_until timestamptz not null default '-infinity',
  -- GitHub's name for the list that was read, and from when on it was listed.
  etag text,
  listed_since timestamptz,
  -- When the last scan was finished; null before the first.
  scanned_at timestamptz,
  -- How many issues were found so, and when the last one was.
  found integer not null default 0,
  found_at timestamptz,
  error text
);
create index label_scans_due on label_scans (due_at);

-- What no delivery and no log tells of is found by reading pipelines from GitHub: when next; null once one is over.
alter table pipelines add column reconcile_at timestamptz;
create index pipelines_reconcile on pipelines (reconcile_at) where reconcile_at is not null;

-- What was last read so.
create table reconciles (
  pipeline_id bigint primary key references pipelines (id) on delete cascade,
  -- When everything was last read; null before.
  read_at timestamptz,
  -- GitHub's names for what it then answered.
  etags jsonb not null default '{}',
  -- How often GitHub showed what nothing had told of, and when it last did.
  repaired integer not null default 0,
  repaired_at timestamptz,
  -- Since when, and why, it cannot be read; null while it can.
  failing_since timestamptz,
  error text
);
