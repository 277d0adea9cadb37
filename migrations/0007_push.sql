-- Web Push: what a browser hears while none of its pages is open.

-- The key pair that names this Andon to push services.
create table push_keys (
  singleton boolean primary key default true check (singleton),
  -- Encrypted with a key derived from ANDON_SECRET.
  sealed_keys text not null
);

-- Browsers that are to hear of what happens, and of which repositories their people asked to hear.
create table push_subscriptions (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id) on delete cascade,
  -- The session that asked last: signing out ends it.
  session_hash text not null,
  -- A hash: whoever has the address itself may bother its browser, so it is sealed.
  endpoint_hash text not null unique,
  sealed_subscription text not null,
  -- The host of the address: which push service it is.
  service text not null,
  everything boolean not null,
  -- Repositories for which the opposite of `everything` was asked.
  exceptions bigint[] not null default '{}',
  created_at timestamptz not null,
  -- When a page of the browser last said that it still wants it.
  renewed_at timestamptz not null,
  sent_at timestamptz
);
create index push_subscriptions_by_user on push_subscriptions (user_id);
create index push_subscriptions_by_session on push_subscriptions (session_hash);

-- What has happened to a pipeline and nobody was told of yet, and what will need a person then if nothing changes. There are
-- no rows while no browser wants to hear.
create table news (
  pipeline_id bigint primary key references pipelines (id) on delete cascade,
  happened text check (happened in ('started', 'finished', 'failed', 'review')),
  -- When to look at the pipeline; null for not before something else happens.
  due_at timestamptz,
  -- The need that the last message was about.
  announced_need text
);
create index news_due on news (due_at) where due_at is not null;

-- One message that waits to be sent. A newer one about the same pipeline takes its place.
create table pushes (
  id bigint generated always as identity primary key,
  subscription_id bigint not null,
  pipeline_id bigint not null,
  kind text not null check (kind in ('started', 'finished', 'failed', 'review', 'needs-you')),
  -- The need that it tells of; it is dropped once that is over.
  need text,
  due_at timestamptz not null,
  expires_at timestamptz not null,
  tries integer not null default 0,
  claim_token uuid,
  claimed_until timestamptz,
  unique (subscription_id, pipeline_id)
);
create index pushes_due on pushes (due_at);

-- What became of messages, for the metrics of every process.
create table push_outcomes (
  outcome text primary key,
  count bigint not null
);
