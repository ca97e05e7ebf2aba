-- Abuse: budgets of sends without a hot row, used proofs of work, the breaker, alarms, codes that no gateway gets,
-- and the list of inquiries that look like a program's.

CREATE TABLE send_budgets (
    bucket       bytea       NOT NULL CHECK (octet_length(bucket) = 32),
    window_start timestamptz NOT NULL,
    slot         smallint    NOT NULL CHECK (slot >= 0),
    used         bigint      NOT NULL CHECK (used >= 0),
    ceiling      bigint      NOT NULL CHECK (ceiling > 0),
    PRIMARY KEY (bucket, window_start, slot),
    CONSTRAINT within_the_ceiling CHECK (used <= ceiling)
);
COMMENT ON TABLE send_budgets IS 'Codes sent per window; a window that many share is split into slots, whose ceilings add up to its own';
CREATE INDEX send_budgets_by_age ON send_budgets (window_start);

CREATE TABLE used_proofs (
    key        bytea       PRIMARY KEY CHECK (octet_length(key) = 32),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE used_proofs IS 'Proofs of work that were taken, by their challenge, until they expire by themselves';
CREATE INDEX used_proofs_by_age ON used_proofs (expires_at);

CREATE TABLE send_breaker (
    id            smallint    PRIMARY KEY CHECK (id = 1),
    raised_until  timestamptz NOT NULL,
    stopped_until timestamptz
);
COMMENT ON TABLE send_breaker IS 'While raised, every send costs a proof of work; while stopped, nothing is sent';

CREATE TABLE send_alarms (
    bucket       bytea       NOT NULL CHECK (octet_length(bucket) = 32),
    window_start timestamptz NOT NULL,
    percent      smallint    NOT NULL CHECK (percent IN (50, 80, 100)),
    PRIMARY KEY (bucket, window_start, percent)
);
COMMENT ON TABLE send_alarms IS 'Alarms that were raised, so that each is raised once per window';

ALTER TABLE verification_challenges
    ADD COLUMN source text NOT NULL DEFAULT 'unknown' CHECK (source ~ '^[a-z0-9_-]{1,40}/[a-z]{1,10}$' OR source = 'unknown'),
    ADD COLUMN withheld boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN verification_challenges.source IS 'The form and the way it was used; codes that nobody submitted are counted by it';
COMMENT ON COLUMN verification_challenges.withheld IS 'Never handed to a gateway: a test number or a listed prefix';
CREATE INDEX verification_challenges_by_issue ON verification_challenges (issued_at);

CREATE TABLE withheld_codes (
    challenge_id uuid        PRIMARY KEY REFERENCES verification_challenges ON DELETE CASCADE,
    phone_sealed bytea       NOT NULL,
    code_sealed  bytea       NOT NULL,
    issued_at    timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE withheld_codes IS 'Codes of test numbers, for administrators to read while they live';
CREATE INDEX withheld_codes_by_age ON withheld_codes (expires_at);

CREATE TABLE quarantined_inquiries (
    inquiry_id   uuid        PRIMARY KEY REFERENCES inquiries ON DELETE CASCADE,
    reason       text        NOT NULL CHECK (reason IN ('honeypot', 'fill_time', 'unknown')),
    submitted_at timestamptz NOT NULL,
    told_due_at  timestamptz NOT NULL,
    state        text        NOT NULL CHECK (state IN ('waiting', 'dismissed', 'released')),
    reviewed_by  uuid        REFERENCES staff,
    reviewed_at  timestamptz,
    CONSTRAINT reviewed_by_somebody CHECK ((state = 'waiting') = (reviewed_at IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL))
);
COMMENT ON TABLE quarantined_inquiries IS 'Why an inquiry was put aside, what its sender was told, and what became of it';
CREATE INDEX quarantined_inquiries_by_state ON quarantined_inquiries (state, submitted_at DESC, inquiry_id DESC);
INSERT INTO quarantined_inquiries (inquiry_id, reason, submitted_at, told_due_at, state)
SELECT id, 'unknown', accepted_at, due_at, 'waiting' FROM inquiries WHERE quarantined;

-- Admits one send, or says what stands against it and counts nothing.
--
-- Returns 0 when it was counted everywhere; n when the n-th window is used up, -1 when the number's own budget is, -2 while
-- sending is stopped, -3 while every send costs a proof. A window is taken in the first of its slots that has room, beginning
-- with `seed`; a full slot is passed by without waiting for it. The number's row is locked first and the windows in the order
-- given, one per kind, so that two sends never wait for each other in a circle. Each statement sees what was committed before
-- it: a slot that one send found full is never waited for by another that starts later.
CREATE FUNCTION admit_send(
    number bytea, at timestamptz, cooldown_from timestamptz, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint,
    proven boolean, keys bytea[], starts timestamptz[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    own phone_budgets%ROWTYPE;
    taken bigint[] := '{}';
    chosen bigint;
    share bigint;
    hour_ago timestamptz := at - interval '1 hour';
    day_ago timestamptz := at - interval '1 day';
BEGIN
    IF EXISTS (SELECT FROM send_breaker b WHERE b.stopped_until > at) THEN RETURN -2; END IF;
    IF NOT proven AND EXISTS (SELECT FROM send_breaker b WHERE b.raised_until > at) THEN RETURN -3; END IF;
    INSERT INTO phone_budgets AS p (phone_index, seen_at) VALUES (number, at)
        ON CONFLICT (phone_index) DO UPDATE SET seen_at = p.seen_at RETURNING p.* INTO own;
    IF EXISTS (SELECT FROM unnest(own.sends) s WHERE s > cooldown_from)
        OR (SELECT count(*) FROM unnest(own.sends) s WHERE s > hour_ago) >= hourly
        OR (SELECT count(*) FROM unnest(own.sends) s WHERE s > day_ago) >= daily
        OR (SELECT count(*) FROM unnest(own.wrongs) w WHERE w > hour_ago) >= wrong_hourly
        OR (SELECT count(*) FROM unnest(own.wrongs) w WHERE w > day_ago) >= wrong_daily
    THEN RETURN -1; END IF;
    FOR i IN 1..cardinality(keys) LOOP
        FOR j IN 0..slots[i] - 1 LOOP
            chosen := (seed + j) % slots[i];
            share := limits[i] / slots[i] + CASE WHEN chosen < limits[i] % slots[i] THEN 1 ELSE 0 END;
            CONTINUE WHEN share = 0 OR EXISTS (SELECT FROM send_budgets b WHERE b.bucket = keys[i] AND b.window_start = starts[i]
                                                 AND b.slot = chosen AND b.used >= share);
            INSERT INTO send_budgets AS b (bucket, window_start, slot, used, ceiling)
                VALUES (keys[i], starts[i], chosen, 1,
                        ceilings[i] / slots[i] + CASE WHEN chosen < ceilings[i] % slots[i] THEN 1 ELSE 0 END)
                ON CONFLICT (bucket, window_start, slot) DO UPDATE SET used = b.used + 1, ceiling = excluded.ceiling
                WHERE b.used < share;
            IF FOUND THEN
                taken := taken || chosen;
                EXIT;
            END IF;
        END LOOP;
        IF cardinality(taken) < i THEN
            FOR k IN 1..i - 1 LOOP
                UPDATE send_budgets b SET used = b.used - 1
                WHERE b.bucket = keys[k] AND b.window_start = starts[k] AND b.slot = taken[k];
            END LOOP;
            RETURN i;
        END IF;
    END LOOP;
    UPDATE phone_budgets SET sends = array_append(ARRAY(SELECT s FROM unnest(own.sends) s WHERE s > day_ago), at),
                             wrongs = ARRAY(SELECT w FROM unnest(own.wrongs) w WHERE w > day_ago), seen_at = at
    WHERE phone_index = number;
    RETURN 0;
END
$$;
REVOKE EXECUTE ON FUNCTION admit_send FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit_send TO huifang_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON send_budgets, used_proofs, send_breaker, send_alarms, withheld_codes, quarantined_inquiries
    TO huifang_app;
