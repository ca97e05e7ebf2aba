-- The working calendar: what the State Council's notices say of each year, and the firm's own days on top.

CREATE TABLE calendar_years (
    year      integer     PRIMARY KEY CHECK (year BETWEEN 2000 AND 2200),
    status    text        NOT NULL CHECK (status IN ('official', 'provisional')),
    notice    text        NOT NULL,
    loaded_at timestamptz NOT NULL
);

CREATE TABLE calendar_days (
    day  date PRIMARY KEY,
    year integer NOT NULL REFERENCES calendar_years ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('off', 'makeup')),
    name text NOT NULL
);
COMMENT ON COLUMN calendar_days.year IS 'The year of the notice: 31 December may belong to the next one';
CREATE INDEX calendar_days_by_year ON calendar_days (year);

CREATE TABLE company_days (
    day    date PRIMARY KEY,
    kind   text NOT NULL CHECK (kind IN ('open', 'closed')),
    reason text NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_years, calendar_days, company_days TO huifang_app;
