-- The App that was registered on the setup page, where the environment names none. The embedded database has a file
-- beside it instead.
create table app (
  singleton boolean primary key default true check (singleton),
  -- Encrypted with a key derived from ANDON_SECRET.
  sealed_credentials text not null
);
