-- Settings, staff and their sessions, the audit.

CREATE TABLE settings (
    key          text        NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,63}$'),
    value        jsonb       NOT NULL,
    effective_at timestamptz NOT NULL,
    changed_by   text        NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (key, effective_at)
);
COMMENT ON TABLE settings IS 'Business rules people edit; the newest row whose effective_at has come is in force';

CREATE TABLE staff (
    id                   uuid        PRIMARY KEY,
    username             text        NOT NULL CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    display_name         text        NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 50),
    role                 text        NOT NULL CHECK (role IN ('adviser', 'supervisor', 'administrator', 'auditor', 'privacy')),
    password_hash        text        NOT NULL,
    must_change_password boolean     NOT NULL,
    password_expires_at  timestamptz,
    active               boolean     NOT NULL DEFAULT true,
    created_at           timestamptz NOT NULL,
    CONSTRAINT staff_username_key UNIQUE (username),
    CONSTRAINT one_time_passwords_expire CHECK (NOT must_change_password OR password_expires_at IS NOT NULL)
);

CREATE TABLE staff_sessions (
    token_hash   bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    staff_id     uuid        NOT NULL REFERENCES staff,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    step_up_at   timestamptz NOT NULL,
    CHECK (expires_at > created_at)
);
CREATE INDEX staff_sessions_by_person ON staff_sessions (staff_id, created_at);

CREATE TABLE login_failures (
    bucket bytea         PRIMARY KEY CHECK (octet_length(bucket) = 32),
    at     timestamptz[] NOT NULL
);
COMMENT ON TABLE login_failures IS 'Failed logins of the last 15 minutes per username or address, both as keyed hashes';

CREATE TABLE audit_events (
    id     uuid        PRIMARY KEY,
    at     timestamptz NOT NULL,
    actor  text        NOT NULL,
    role   text        NOT NULL,
    action text        NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    object text        NOT NULL,
    detail jsonb       NOT NULL DEFAULT '{}',
    detail_hash bytea  CHECK (octet_length(detail_hash) = 32),
    mac    bytea       NOT NULL CHECK (octet_length(mac) = 32)
);
COMMENT ON COLUMN audit_events.mac IS 'HMAC over every other column, so that a change shows';
COMMENT ON COLUMN audit_events.detail IS 'Never personal data: that is sealed in audit_details';

CREATE TABLE audit_details (
    event_id uuid  PRIMARY KEY REFERENCES audit_events,
    sealed   bytea NOT NULL
);

CREATE TABLE audit_links (
    position bigint PRIMARY KEY CHECK (position > 0),
    event_id uuid   NOT NULL UNIQUE REFERENCES audit_events,
    hash     bytea  NOT NULL CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE audit_links IS 'The chain over the audit: hash = HMAC(hash before || mac of the event). Written in the background';

GRANT USAGE ON SCHEMA public TO huifang_app, huifang_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON settings, staff, staff_sessions, login_failures TO huifang_app;
GRANT SELECT, INSERT ON audit_events, audit_details, audit_links TO huifang_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO huifang_reader;
REVOKE SELECT ON staff_sessions FROM huifang_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO huifang_reader;
