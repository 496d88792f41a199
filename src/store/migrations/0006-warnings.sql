-- Warnings that webhooks are told of: by when they were last seen, for an Event that happens again is counted up in its row.
CREATE INDEX events_warnings ON metalwright.events (coalesce(last_at, at)) WHERE class = 'Event' AND type = 'Warning';
