-- Who is at the desk and when: availability now, the plan of the week, leave.

ALTER TABLE staff
    ADD COLUMN availability    text NOT NULL DEFAULT 'on_shift' CHECK (availability IN ('on_shift', 'break', 'off')),
    ADD COLUMN availability_at timestamptz;
COMMENT ON COLUMN staff.availability IS 'What the person, or a supervisor for them, said last; leave is in staff_leaves';

CREATE TABLE staff_shifts (
    staff_id uuid     NOT NULL REFERENCES staff ON DELETE CASCADE,
    weekday  smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    starts   smallint NOT NULL CHECK (starts >= 0),
    ends     smallint NOT NULL CHECK (ends <= 1440),
    PRIMARY KEY (staff_id, weekday, starts),
    CONSTRAINT a_shift_ends_after_it_starts CHECK (starts < ends)
);
COMMENT ON TABLE staff_shifts IS 'Minutes after midnight; 1 is Monday. Somebody without rows works while the firm is open';

CREATE TABLE staff_leaves (
    id         uuid        PRIMARY KEY,
    staff_id   uuid        NOT NULL REFERENCES staff ON DELETE CASCADE,
    first_day  date        NOT NULL,
    last_day   date        NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    CONSTRAINT a_leave_ends_after_it_starts CHECK (first_day <= last_day)
);
CREATE INDEX staff_leaves_by_staff ON staff_leaves (staff_id, last_day);
-- What calls were like lately, for the forecast.
CREATE INDEX call_attempts_by_time ON call_attempts (at) WHERE counts;

GRANT SELECT, INSERT, DELETE ON staff_shifts, staff_leaves TO huifang_app;
