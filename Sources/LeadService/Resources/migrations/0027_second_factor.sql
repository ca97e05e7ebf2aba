-- A second factor for staff: a secret of an authenticator, and codes for the day it is lost.

CREATE TABLE staff_totp (
    id              uuid        PRIMARY KEY,
    staff_id        uuid        NOT NULL REFERENCES staff ON DELETE CASCADE,
    secret_sealed   bytea       NOT NULL,
    recovery_hashes bytea[]     NOT NULL,
    created_at      timestamptz NOT NULL,
    confirmed_at    timestamptz,
    last_step       bigint      NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_second_factor ON staff_totp (staff_id) WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX one_second_factor_begun ON staff_totp (staff_id) WHERE confirmed_at IS NULL;
COMMENT ON COLUMN staff_totp.recovery_hashes IS 'SHA-256 of each recovery code that was not used yet';
COMMENT ON COLUMN staff_totp.last_step IS 'The newest half minute whose code was accepted: none up to it is taken again (RFC 6238 §5.2)';

-- What a list of sessions names them by; their tokens are nobody's to see.
ALTER TABLE staff_sessions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE staff_sessions ALTER COLUMN id DROP DEFAULT;
CREATE UNIQUE INDEX staff_sessions_by_id ON staff_sessions (id);

GRANT SELECT, INSERT, DELETE ON staff_totp TO huifang_app;
GRANT UPDATE (confirmed_at, last_step, recovery_hashes) ON staff_totp TO huifang_app;
