-- A day has room for so many attempts to reach somebody: a further inquiry raises their task, but not before the next day.
ALTER TABLE callback_tasks ADD COLUMN rests_until timestamptz;
COMMENT ON COLUMN callback_tasks.rests_until IS 'The day''s attempts are used up until then';
