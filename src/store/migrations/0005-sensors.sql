-- What sensors of machines read: one row for all sensors of a machine at a moment, [name, kind, unit, value] each.
CREATE TABLE metalwright.sensor_readings (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  machine text NOT NULL,
  rack text,
  readings json NOT NULL,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX sensor_readings_machine ON metalwright.sensor_readings (machine, at DESC);
