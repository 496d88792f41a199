CREATE SCHEMA IF NOT EXISTS metalwright;

-- Words of CamelCase are words of their own: PowerTimeout is found by "timeout".
CREATE FUNCTION metalwright.words(VARIADIC texts text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, (
  SELECT coalesce(string_agg(
    left(piece, 100000) || ' ' || regexp_replace(left(piece, 1000), '([a-z0-9])([A-Z])', '\1 \2', 'g'), ' '), '')
  FROM unnest(texts) AS piece
  WHERE piece IS NOT NULL
));

CREATE TABLE metalwright.events (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  class text NOT NULL,
  subject_kind text NOT NULL,
  namespace text,
  name text NOT NULL,
  machine text,
  type text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  source text,
  count integer NOT NULL DEFAULT 1,
  last_at timestamptz,
  details json,
  search tsvector GENERATED ALWAYS AS (metalwright.words(name, reason, message)) STORED,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX events_machine ON metalwright.events (machine, at DESC, id DESC) WHERE machine IS NOT NULL;
CREATE INDEX events_class ON metalwright.events (class, at DESC, id DESC);
CREATE INDEX events_subject ON metalwright.events (namespace, subject_kind, name, at DESC, id DESC) WHERE namespace IS NOT NULL;
CREATE INDEX events_search ON metalwright.events USING gin (search);

CREATE TABLE metalwright.results (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  machine text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  outcome text NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  message text NOT NULL DEFAULT '',
  output text,
  details json,
  search tsvector GENERATED ALWAYS AS (metalwright.words(machine, kind, name, outcome, message, output)) STORED,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX results_machine ON metalwright.results (machine, at DESC, id DESC);
CREATE INDEX results_kind ON metalwright.results (kind, at DESC, id DESC);
CREATE INDEX results_search ON metalwright.results USING gin (search);

CREATE TABLE metalwright.power_operations (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  machine text NOT NULL,
  action text NOT NULL,
  mode text,
  rack text,
  outcome text NOT NULL,
  reason text,
  message text NOT NULL DEFAULT '',
  started_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX power_operations_machine ON metalwright.power_operations (machine, at DESC, id DESC);
CREATE INDEX power_operations_action ON metalwright.power_operations (action, at DESC, id DESC);

CREATE TABLE metalwright.allocations (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  namespace text NOT NULL,
  name text NOT NULL,
  image text,
  machine text,
  created_by text,
  deleted_by text,
  bound_at timestamptz,
  deployed_at timestamptz,
  released_at timestamptz,
  ended_at timestamptz,
  phase text,
  version bigint NOT NULL,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX allocations_machine ON metalwright.allocations (machine, at DESC, id DESC);
CREATE INDEX allocations_namespace ON metalwright.allocations (namespace, at DESC, id DESC);
CREATE INDEX allocations_created_by ON metalwright.allocations (created_by, at DESC, id DESC);

CREATE TABLE metalwright.addresses (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  address text NOT NULL,
  subnet text NOT NULL,
  purpose text NOT NULL,
  mac text,
  machine text,
  hostname text,
  since timestamptz NOT NULL,
  until timestamptz,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX addresses_machine ON metalwright.addresses (machine, at DESC, id DESC);
CREATE INDEX addresses_address ON metalwright.addresses (address, at DESC, id DESC);

CREATE TABLE metalwright.audit (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  username text NOT NULL,
  verb text NOT NULL,
  resource text NOT NULL,
  namespace text,
  name text,
  path text NOT NULL,
  dry_run boolean NOT NULL DEFAULT false,
  status integer NOT NULL,
  outcome text NOT NULL,
  message text,
  request_id text NOT NULL,
  duration_ms integer,
  details json,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_username ON metalwright.audit (username, at DESC, id DESC);
CREATE INDEX audit_resource ON metalwright.audit (resource, name, at DESC, id DESC);
CREATE INDEX audit_request ON metalwright.audit (request_id);

CREATE TABLE metalwright.console_logs (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  machine text NOT NULL,
  source text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX console_logs_machine ON metalwright.console_logs (machine, at DESC, id DESC);
