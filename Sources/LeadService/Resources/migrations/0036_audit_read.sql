-- The audit is read newest first, and by what an event is about.

CREATE INDEX audit_events_by_time ON audit_events (at DESC, id DESC);
CREATE INDEX audit_events_by_object ON audit_events (object, at DESC, id DESC);
