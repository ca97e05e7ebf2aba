-- When the firm's own days changed last: whoever holds the calendar in memory reads it again, and promises made before went by
-- other days.
CREATE TABLE company_day_changes (
    is_only    boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
    changed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON company_day_changes TO huifang_app;
