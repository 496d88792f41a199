-- Who does what only one server shall do; renewed by the database's clock.
CREATE TABLE metalwright.leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  renewed_at timestamptz NOT NULL,
  until timestamptz NOT NULL
);
