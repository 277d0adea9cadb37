-- People who signed in with GitHub, and what each of them sees there. Tokens are sealed with a key from ANDON_SECRET.
create table users (
  -- GitHub's.
  id bigint primary key,
  login text not null,
  -- Null once GitHub has refused it: the user signs in again.
  access_token text,
  access_expires_at timestamptz,
  refresh_token text,
  -- A refresh token works once, so one process at a time uses it.
  refreshing_until timestamptz not null default '-infinity',
  -- The repositories that GitHub listed at `seen_at`; null when GitHub must be asked again.
  seen jsonb not null default '[]',
  -- Those of them to which GitHub said that the user may write. It only chooses what a page shows.
  writable jsonb not null default '[]',
  seen_at timestamptz,
  -- Raised when access may have changed: a list that was being read meanwhile is not kept.
  seen_epoch integer not null default 0,
  updated_at timestamptz not null
);

create table sessions (
  -- A hash: the id itself is only in the browser's cookie.
  id_hash text primary key,
  user_id bigint not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_by_user on sessions (user_id);
create index sessions_by_end on sessions (expires_at);

-- Read-only tokens for scripts, which see what their user sees.
create table api_tokens (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id) on delete cascade,
  name text not null,
  token_hash text not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index api_tokens_by_user on api_tokens (user_id);

-- The board says when the last delivery about a seen repository came.
create index deliveries_by_repository on deliveries (repository_id, received_at);

-- What people pressed on the board. A form that is sent again has the same id.
create table presses (
  id text primary key,
  -- GitHub's, and not of a row: who signs out, or takes the authorization back, has pressed nevertheless.
  user_id bigint not null,
  login text not null,
  -- Null for the cord of everything.
  repository_id bigint references repositories (id) on delete cascade,
  -- Null for the cord of a repository.
  issue_number integer,
  text text not null,
  at timestamptz not null,
  -- Null until GitHub has said what the user may do.
  answer jsonb,
  answered_at timestamptz
);
create index presses_by_user on presses (user_id, at);
