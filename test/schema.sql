create table access_problems (
  id bigint not null generated always as identity,
  installation_id bigint not null,
  repository_id bigint not null,
  issue_number integer not null,
  permission text not null,
  cause text not null,
  words text not null,
  settings_url text,
  declared boolean not null,
  since timestamp with time zone not null,
  tried_at timestamp with time zone not null,
  next_try_at timestamp with time zone not null,
  tries integer not null,
  PRIMARY KEY (id),
  UNIQUE (installation_id, repository_id, issue_number, permission)
);

create table api_tokens (
  id bigint not null generated always as identity,
  user_id bigint not null,
  name text not null,
  token_hash text not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  PRIMARY KEY (id),
  UNIQUE (token_hash)
);
CREATE INDEX api_tokens_by_user ON public.api_tokens USING btree (user_id);

create table app (
  singleton boolean not null default true,
  sealed_credentials text not null,
  CHECK (singleton),
  PRIMARY KEY (singleton)
);

create table beats (
  repository_id bigint not null,
  issue_number integer not null,
  attempt_key text not null,
  run_id bigint not null,
  alive_at timestamp with time zone not null,
  progress integer,
  text text,
  url text,
  CHECK (((progress >= 0) AND (progress <= 100))),
  PRIMARY KEY (repository_id, issue_number, attempt_key)
);
CREATE INDEX beats_by_age ON public.beats USING btree (alive_at);

create table board_counts (
  repository_id bigint not null,
  light text not null,
  held boolean not null,
  is_unsent boolean not null,
  awaits_file boolean not null,
  needs_you boolean not null,
  health text not null,
  pipelines integer not null,
  PRIMARY KEY (repository_id, light, held, is_unsent, awaits_file, needs_you, health)
);

create table bound_runs (
  run_id bigint not null,
  repository_id bigint not null,
  issue_number integer not null,
  PRIMARY KEY (run_id)
);

create table budgets (
  installation_id bigint not null,
  next_write_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  blocked_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  creations jsonb not null default '[]'::jsonb,
  writes_since_publication integer not null default 0,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (installation_id)
);

create table chores (
  name text not null,
  due_at timestamp with time zone not null,
  PRIMARY KEY (name)
);

create table clock_readings (
  process text not null,
  clock text not null,
  ahead_ms double precision not null,
  error_ms double precision not null,
  read_at timestamp with time zone not null,
  CHECK ((clock = ANY (ARRAY['github'::text, 'database'::text]))),
  PRIMARY KEY (process, clock)
);

create table deliveries (
  id bigint not null generated always as identity,
  hook_id bigint not null,
  guid text not null,
  name text not null,
  action text,
  repository_id bigint,
  installation_id bigint,
  received_at timestamp with time zone not null,
  state text not null,
  event jsonb,
  error text,
  body bytea,
  attempts integer not null default 1,
  CHECK ((state = ANY (ARRAY['applied'::text, 'ignored'::text, 'failed'::text]))),
  PRIMARY KEY (id),
  UNIQUE (hook_id, guid)
);
CREATE INDEX deliveries_by_age ON public.deliveries USING btree (received_at);
CREATE INDEX deliveries_by_repository ON public.deliveries USING btree (repository_id, received_at);
CREATE INDEX deliveries_failed ON public.deliveries USING btree (id) WHERE (state = 'failed'::text);

create table effects (
  id bigint not null generated always as identity,
  repository_id bigint not null,
  pipeline_id bigint,
  key text not null,
  document jsonb not null,
  state text not null default 'due'::text,
  due_at timestamp with time zone not null,
  tries integer not null default 0,
  claim_token uuid,
  claimed_until timestamp with time zone,
  error text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  type text not null default 'ask'::text,
  sent_at timestamp with time zone,
  misses integer not null default 0,
  missed_at timestamp with time zone,
  CHECK ((state = ANY (ARRAY['due'::text, 'sending'::text, 'unconfirmed'::text, 'done'::text, 'refused'::text, 'buried'::text]))),
  PRIMARY KEY (id),
  UNIQUE (repository_id, key)
);
CREATE INDEX effects_answers ON public.effects USING btree (repository_id, updated_at) WHERE (type = ANY (ARRAY['react'::text, 'reply'::text]));
CREATE INDEX effects_buried ON public.effects USING btree (id) WHERE (state = 'buried'::text);
CREATE INDEX effects_due ON public.effects USING btree (due_at) WHERE (state = ANY (ARRAY['due'::text, 'sending'::text, 'unconfirmed'::text]));
CREATE UNIQUE INDEX effects_one_dispatch ON public.effects USING btree (repository_id, ((document ->> 'issueNumber'::text)), ((document ->> 'stage'::text)), ((document ->> 'attempt'::text))) WHERE (type = 'dispatch'::text);

create table github_quotas (
  installation_id bigint not null,
  resource text not null,
  allowed integer not null,
  remaining integer not null,
  resets_at timestamp with time zone not null,
  read_at timestamp with time zone not null,
  PRIMARY KEY (installation_id, resource)
);

create table global_hold (
  singleton boolean not null default true,
  hold_or_release jsonb,
  fan_out_cursor bigint,
  CHECK (singleton),
  PRIMARY KEY (singleton)
);

create table history (
  id bigint not null generated always as identity,
  pipeline_id bigint not null,
  revision integer not null,
  at timestamp with time zone not null,
  type text not null,
  actor text,
  detail jsonb not null,
  evidence jsonb,
  FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  PRIMARY KEY (id)
);
CREATE INDEX history_by_pipeline ON public.history USING btree (pipeline_id, id);

create table installations (
  id bigint not null,
  account text not null,
  state text not null default 'active'::text,
  settings_url text,
  read_at timestamp with time zone,
  CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'removed'::text]))),
  PRIMARY KEY (id)
);

create table label_scans (
  repository_id bigint not null,
  label text,
  has_file boolean,
  not_before timestamp with time zone,
  due_at timestamp with time zone not null,
  claimed_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  etag text,
  listed_since timestamp with time zone,
  scanned_at timestamp with time zone,
  found integer not null default 0,
  found_at timestamp with time zone,
  error text,
  FOREIGN KEY (repository_id) REFERENCES repositories(id) ON DELETE CASCADE,
  PRIMARY KEY (repository_id)
);
CREATE INDEX label_scans_due ON public.label_scans USING btree (due_at);

create table latencies (
  minute timestamp with time zone not null,
  step text not null,
  bucket smallint not null,
  count integer not null,
  CHECK ((step = ANY (ARRAY['commit'::text, 'browser'::text]))),
  PRIMARY KEY (minute, step, bucket)
);

create table loops (
  id text not null,
  host text not null,
  pid integer not null,
  started_at_ticks text,
  role text not null,
  status text not null,
  iteration bigint not null,
  beat_at timestamp with time zone not null,
  progress_at timestamp with time zone,
  in_flight_since timestamp with time zone,
  last_error text,
  stop_requested_at timestamp with time zone,
  CHECK ((status = ANY (ARRAY['running'::text, 'idle'::text, 'stopping'::text]))),
  PRIMARY KEY (id)
);

create table missed_deliveries (
  app_id bigint not null,
  guid text not null,
  log_id text not null,
  name text not null,
  action text,
  installation_id bigint,
  repository_id bigint,
  delivered_at timestamp with time zone not null,
  found_at timestamp with time zone not null,
  state text not null default 'due'::text,
  tries integer not null default 0,
  misses integer not null default 0,
  due_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  error text,
  CHECK ((state = ANY (ARRAY['due'::text, 'repaired'::text, 'arrived'::text, 'gone'::text, 'failed'::text]))),
  PRIMARY KEY (app_id, guid)
);
CREATE INDEX missed_deliveries_by_scan ON public.missed_deliveries USING btree (found_at);
CREATE INDEX missed_deliveries_due ON public.missed_deliveries USING btree (app_id, due_at) WHERE (state = 'due'::text);

create table news (
  pipeline_id bigint not null,
  happened text,
  due_at timestamp with time zone,
  announced_need text,
  CHECK ((happened = ANY (ARRAY['started'::text, 'finished'::text, 'failed'::text, 'review'::text]))),
  FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  PRIMARY KEY (pipeline_id)
);
CREATE INDEX news_due ON public.news USING btree (due_at) WHERE (due_at IS NOT NULL);

create table pipelines (
  id bigint not null generated always as identity,
  repository_id bigint not null,
  issue_number integer not null,
  revision integer not null,
  document jsonb not null,
  light text not null,
  stage text not null,
  held boolean not null default false,
  since timestamp with time zone not null,
  needs_you_at timestamp with time zone,
  wake_at timestamp with time zone,
  published_revision integer not null default 0,
  publish_after timestamp with time zone not null default '-infinity'::timestamp with time zone,
  publish_claim_token uuid,
  publish_claimed_until timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  live_attempts integer not null default 0,
  queued_at timestamp with time zone,
  started_at timestamp with time zone,
  denial jsonb,
  queued_workflow text,
  held_stages text[] not null default '{}'::text[],
  silent_at timestamp with time zone,
  silent_health text,
  stale_at timestamp with time zone,
  known_until timestamp with time zone,
  is_unsent boolean not null default false,
  awaits_file boolean not null default false,
  is_open boolean generated always as (((light = ANY (ARRAY['running'::text, 'review'::text, 'queued'::text, 'failed'::text])) OR (needs_you_at IS NOT NULL))) stored,
  needs_you boolean generated always as (COALESCE((needs_you_at <= updated_at), false)) stored,
  health text generated always as (
CASE
    WHEN (known_until <= updated_at) THEN 'unknown'::text
    WHEN (stale_at <= updated_at) THEN 'stale'::text
    WHEN (silent_at <= updated_at) THEN silent_health
    ELSE 'ok'::text
END) stored,
  turns_at timestamp with time zone generated always as (LEAST(
CASE
    WHEN (needs_you_at > updated_at) THEN needs_you_at
    ELSE NULL::timestamp with time zone
END,
CASE
    WHEN (silent_at > updated_at) THEN silent_at
    ELSE NULL::timestamp with time zone
END,
CASE
    WHEN (stale_at > updated_at) THEN stale_at
    ELSE NULL::timestamp with time zone
END,
CASE
    WHEN (known_until > updated_at) THEN known_until
    ELSE NULL::timestamp with time zone
END)) stored,
  urgency smallint generated always as (
CASE
    WHEN ((NOT (held AND (light = ANY (ARRAY['running'::text, 'review'::text, 'queued'::text, 'failed'::text])))) AND (NOT COALESCE((needs_you_at <= updated_at), false))) THEN (9 + array_position(ARRAY['running'::text, 'review'::text, 'queued'::text, 'idle'::text, 'failed'::text, 'done'::text], light))
    WHEN (light = 'failed'::text) THEN 0
    WHEN ((stale_at <= updated_at) OR ((silent_at <= updated_at) AND (silent_health IS NOT NULL)) OR (known_until <= updated_at)) THEN 1
    WHEN (held AND (light = ANY (ARRAY['running'::text, 'review'::text, 'queued'::text, 'failed'::text]))) THEN 2
    ELSE 3
END) stored,
  title text,
  people text[] not null default '{}'::text[],
  reconcile_at timestamp with time zone,
  CHECK ((light = ANY (ARRAY['running'::text, 'review'::text, 'queued'::text, 'failed'::text, 'done'::text, 'idle'::text]))),
  CHECK ((silent_health = ANY (ARRAY['stalled'::text, 'unknown'::text]))),
  PRIMARY KEY (id),
  UNIQUE (repository_id, issue_number)
);
CREATE INDEX pipelines_by_light ON public.pipelines USING btree (light, since, id);
CREATE INDEX pipelines_by_start ON public.pipelines USING btree (repository_id, started_at) WHERE (started_at IS NOT NULL);
CREATE INDEX pipelines_by_urgency ON public.pipelines USING btree (urgency, since, id) INCLUDE (repository_id) WHERE is_open;
CREATE INDEX pipelines_done ON public.pipelines USING btree (since) INCLUDE (repository_id) WHERE (light = 'done'::text);
CREATE INDEX pipelines_holding_slots ON public.pipelines USING btree (repository_id, live_attempts) WHERE (live_attempts > 0);
CREATE INDEX pipelines_last_saved ON public.pipelines USING btree (updated_at) WHERE is_open;
CREATE INDEX pipelines_needing_you ON public.pipelines USING btree (needs_you_at) WHERE (needs_you_at IS NOT NULL);
CREATE INDEX pipelines_open ON public.pipelines USING btree (repository_id, urgency, since, id) INCLUDE (issue_number, light, held, needs_you_at, stale_at, silent_at, silent_health, known_until, is_unsent, awaits_file) WHERE is_open;
CREATE INDEX pipelines_reconcile ON public.pipelines USING btree (reconcile_at) WHERE (reconcile_at IS NOT NULL);
CREATE INDEX pipelines_to_publish ON public.pipelines USING btree (publish_after) WHERE (published_revision < revision);
CREATE INDEX pipelines_to_turn ON public.pipelines USING btree (turns_at) WHERE (is_open AND (turns_at IS NOT NULL));
CREATE INDEX pipelines_to_wake ON public.pipelines USING btree (wake_at) WHERE (wake_at IS NOT NULL);
CREATE INDEX pipelines_waiting ON public.pipelines USING btree (repository_id, ((started_at IS NULL)), queued_at, issue_number) WHERE (queued_at IS NOT NULL);
CREATE TRIGGER count_again AFTER UPDATE ON public.pipelines FOR EACH ROW WHEN (((old.is_open OR new.is_open) AND ((((((((old.repository_id IS DISTINCT FROM new.repository_id) OR (old.is_open IS DISTINCT FROM new.is_open)) OR (old.light IS DISTINCT FROM new.light)) OR (old.held IS DISTINCT FROM new.held)) OR (old.is_unsent IS DISTINCT FROM new.is_unsent)) OR (old.awaits_file IS DISTINCT FROM new.awaits_file)) OR (old.needs_you IS DISTINCT FROM new.needs_you)) OR (old.health IS DISTINCT FROM new.health)))) EXECUTE FUNCTION keep_board_counts();
CREATE TRIGGER count_gone AFTER DELETE ON public.pipelines FOR EACH ROW WHEN (old.is_open) EXECUTE FUNCTION keep_board_counts();
CREATE TRIGGER count_new AFTER INSERT ON public.pipelines FOR EACH ROW WHEN (new.is_open) EXECUTE FUNCTION keep_board_counts();

create table presence (
  part text not null,
  seen_at timestamp with time zone not null,
  since timestamp with time zone not null,
  CHECK ((part = ANY (ARRAY['door'::text, 'loops'::text]))),
  PRIMARY KEY (part)
);

create table presses (
  id text not null,
  user_id bigint not null,
  login text not null,
  repository_id bigint,
  issue_number integer,
  text text not null,
  at timestamp with time zone not null,
  answer jsonb,
  answered_at timestamp with time zone,
  FOREIGN KEY (repository_id) REFERENCES repositories(id) ON DELETE CASCADE,
  PRIMARY KEY (id)
);
CREATE INDEX presses_by_user ON public.presses USING btree (user_id, at);

create table publications (
  pipeline_id bigint,
  surface text not null,
  github_id bigint,
  digest text,
  state text not null default 'confirmed'::text,
  sent_at timestamp with time zone,
  error text,
  updated_at timestamp with time zone not null,
  repository_id bigint,
  CHECK ((num_nonnulls(pipeline_id, repository_id) = 1)),
  CHECK ((state = ANY (ARRAY['confirmed'::text, 'sending'::text]))),
  FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  FOREIGN KEY (repository_id) REFERENCES repositories(id) ON DELETE CASCADE,
  UNIQUE (pipeline_id, surface),
  UNIQUE (repository_id, surface)
);
CREATE INDEX publications_by_github_id ON public.publications USING btree (github_id);
CREATE INDEX publications_refused ON public.publications USING btree (pipeline_id) WHERE (error IS NOT NULL);

create table pull_requests (
  repository_id bigint not null,
  number integer not null,
  branch text not null,
  issue_numbers integer[] not null default '{}'::integer[],
  document jsonb not null,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (repository_id, number)
);
CREATE INDEX pull_requests_by_age ON public.pull_requests USING btree (updated_at);
CREATE INDEX pull_requests_by_branch ON public.pull_requests USING btree (repository_id, branch);
CREATE INDEX pull_requests_by_issue ON public.pull_requests USING gin (issue_numbers);

create table push_keys (
  singleton boolean not null default true,
  sealed_keys text not null,
  CHECK (singleton),
  PRIMARY KEY (singleton)
);

create table push_outcomes (
  outcome text not null,
  count bigint not null,
  PRIMARY KEY (outcome)
);

create table push_subscriptions (
  id bigint not null generated always as identity,
  user_id bigint not null,
  session_hash text not null,
  endpoint_hash text not null,
  sealed_subscription text not null,
  service text not null,
  everything boolean not null,
  exceptions bigint[] not null default '{}'::bigint[],
  created_at timestamp with time zone not null,
  renewed_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  PRIMARY KEY (id),
  UNIQUE (endpoint_hash)
);
CREATE INDEX push_subscriptions_by_session ON public.push_subscriptions USING btree (session_hash);
CREATE INDEX push_subscriptions_by_user ON public.push_subscriptions USING btree (user_id);

create table pushes (
  id bigint not null generated always as identity,
  subscription_id bigint not null,
  pipeline_id bigint not null,
  kind text not null,
  need text,
  due_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  tries integer not null default 0,
  claim_token uuid,
  claimed_until timestamp with time zone,
  CHECK ((kind = ANY (ARRAY['started'::text, 'finished'::text, 'failed'::text, 'review'::text, 'needs-you'::text]))),
  PRIMARY KEY (id),
  UNIQUE (subscription_id, pipeline_id)
);
CREATE INDEX pushes_due ON public.pushes USING btree (due_at);

create table reconciles (
  pipeline_id bigint not null,
  read_at timestamp with time zone,
  etags jsonb not null default '{}'::jsonb,
  repaired integer not null default 0,
  repaired_at timestamp with time zone,
  failing_since timestamp with time zone,
  error text,
  FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  PRIMARY KEY (pipeline_id)
);

create table repositories (
  id bigint not null,
  installation_id bigint not null,
  full_name text not null,
  private boolean not null,
  default_branch text,
  removed_at timestamp with time zone,
  updated_at timestamp with time zone,
  read_at timestamp with time zone,
  configuration jsonb,
  configuration_source text,
  configuration_sha text,
  configuration_problems jsonb not null default '[]'::jsonb,
  configuration_head_sha text,
  configuration_read_at timestamp with time zone,
  hold_or_release jsonb,
  hold_fan_out_cursor integer,
  breakers jsonb not null default '{}'::jsonb,
  workflow_holds jsonb not null default '[]'::jsonb,
  admit_at timestamp with time zone,
  configuration_valid_sha text,
  revision integer not null default 0,
  published_revision integer not null default 0,
  publish_after timestamp with time zone not null default '-infinity'::timestamp with time zone,
  publish_claim_token uuid,
  publish_claimed_until timestamp with time zone,
  CHECK ((configuration_source = ANY (ARRAY['repository'::text, 'organisation'::text]))),
  PRIMARY KEY (id)
);
CREATE INDEX repositories_by_installation ON public.repositories USING btree (installation_id);
CREATE INDEX repositories_by_name ON public.repositories USING btree (lower(full_name));
CREATE INDEX repositories_held ON public.repositories USING btree (id) WHERE ((hold_or_release ->> 'reason'::text) IS NOT NULL);
CREATE INDEX repositories_held_by_andon ON public.repositories USING btree (id) WHERE (workflow_holds <> '[]'::jsonb);
CREATE INDEX repositories_to_fan_out ON public.repositories USING btree (id) WHERE (hold_fan_out_cursor IS NOT NULL);
CREATE INDEX repositories_to_publish ON public.repositories USING btree (publish_after) WHERE (published_revision < revision);
CREATE INDEX repositories_to_wake ON public.repositories USING btree (admit_at) WHERE (admit_at IS NOT NULL);
CREATE INDEX repositories_whose_hold_ends ON public.repositories USING btree (((hold_or_release ->> 'until'::text))) WHERE ((hold_or_release ->> 'until'::text) IS NOT NULL);
CREATE INDEX repositories_with_problems ON public.repositories USING btree (id) WHERE (configuration_problems <> '[]'::jsonb);

create table runs (
  id bigint not null,
  repository_id bigint not null,
  branch text,
  issue_number integer,
  document jsonb not null,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (id)
);
CREATE INDEX runs_by_age ON public.runs USING btree (updated_at);
CREATE INDEX runs_by_branch ON public.runs USING btree (repository_id, branch);
CREATE INDEX runs_by_issue ON public.runs USING btree (repository_id, issue_number) WHERE (issue_number IS NOT NULL);

create table sessions (
  id_hash text not null,
  user_id bigint not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  PRIMARY KEY (id_hash)
);
CREATE INDEX sessions_by_end ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id);

create table sweeps (
  app_id bigint not null,
  hook_id bigint,
  due_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  blocked_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  claim_token uuid,
  claimed_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  next_scan_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  scan jsonb,
  swept_until timestamp with time zone,
  scanned_at timestamp with time zone,
  calls double precision not null default 0,
  calls_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  failing_since timestamp with time zone,
  error text,
  cut_off_from timestamp with time zone,
  cut_off_until timestamp with time zone,
  cut_off_at timestamp with time zone,
  cut_off_reconciled_at timestamp with time zone,
  PRIMARY KEY (app_id)
);

create table users (
  id bigint not null,
  login text not null,
  access_token text,
  access_expires_at timestamp with time zone,
  refresh_token text,
  refreshing_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  seen jsonb not null default '[]'::jsonb,
  writable jsonb not null default '[]'::jsonb,
  seen_at timestamp with time zone,
  seen_epoch integer not null default 0,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (id)
);

CREATE OR REPLACE FUNCTION public.keep_board_counts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;
