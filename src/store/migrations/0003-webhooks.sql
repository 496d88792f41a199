-- Who is told of history outside, and how far each has been told.
CREATE TABLE metalwright.webhooks (
  name text PRIMARY KEY,
  -- What was before is not told.
  since timestamptz NOT NULL,
  -- All that was there at this moment has been told.
  told_until timestamptz NOT NULL
);
CREATE TABLE metalwright.webhook_deliveries (
  webhook text NOT NULL,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  attempts integer NOT NULL,
  next_at timestamptz,
  delivered_at timestamptz,
  PRIMARY KEY (webhook, id)
);
CREATE INDEX webhook_deliveries_at ON metalwright.webhook_deliveries (webhook, at);
CREATE INDEX results_tests ON metalwright.results (at) WHERE kind = 'Test';
