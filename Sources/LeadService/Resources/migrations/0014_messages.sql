-- Messages that are no codes: the confirmation of an inquiry and reminders of a permit's end, each at most once, and counted
-- in the windows that codes are counted in.

ALTER TABLE messages
    ADD COLUMN inquiry_id uuid REFERENCES inquiries,
    ADD CONSTRAINT only_confirmations_name_an_inquiry CHECK (inquiry_id IS NULL OR template = 'inquiry_confirmation');
COMMENT ON COLUMN messages.inquiry_id IS 'The inquiry that is confirmed: its promise is read when the message is sent, so that it says what the queue says';
CREATE UNIQUE INDEX one_confirmation_per_inquiry ON messages (inquiry_id) WHERE inquiry_id IS NOT NULL;

CREATE TABLE permit_reminders (
    lead_id     uuid        NOT NULL REFERENCES leads,
    remind_on   date        NOT NULL,
    valid_until date        NOT NULL,
    message_id  uuid        REFERENCES messages ON DELETE SET NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT one_reminder_per_day PRIMARY KEY (lead_id, remind_on),
    CONSTRAINT thirty_or_seven_days_before CHECK (valid_until - remind_on IN (7, 30))
);
COMMENT ON TABLE permit_reminders IS 'Who was reminded for which day; a message that expired before any gateway took it is replaced, no other is';
CREATE UNIQUE INDEX permit_reminders_by_message ON permit_reminders (message_id);
CREATE INDEX consents_to_remind ON consents (reminder_valid_until) WHERE purpose = 'reminder' AND withdrawn_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON permit_reminders TO huifang_app;

-- Counts one send in every window, or says which is used up and counts nothing. A window is taken in the first of its slots that
-- has room, beginning with `seed`; a full slot is passed by without waiting for it.
CREATE FUNCTION take_windows(keys bytea[], starts timestamptz[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint)
    RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[] := '{}';
    chosen bigint;
    share bigint;
BEGIN
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
    RETURN 0;
END
$$;
REVOKE EXECUTE ON FUNCTION take_windows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_windows TO huifang_app;

-- Admits a message that is no code: not while sending is stopped, and never from the part of the windows that is kept for codes.
-- The number's own budget is for codes alone.
CREATE FUNCTION admit_notice(
    at timestamptz, keys bytea[], starts timestamptz[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM send_breaker b WHERE b.stopped_until > at) THEN RETURN false; END IF;
    RETURN take_windows(keys, starts, limits, ceilings, slots, seed) = 0;
END
$$;
REVOKE EXECUTE ON FUNCTION admit_notice FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit_notice TO huifang_app;

-- As before, with the windows counted by take_windows.
CREATE OR REPLACE FUNCTION admit_send(
    number bytea, at timestamptz, cooldown_from timestamptz, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint,
    proven boolean, keys bytea[], starts timestamptz[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    own phone_budgets%ROWTYPE;
    full_window bigint;
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
    full_window := take_windows(keys, starts, limits, ceilings, slots, seed);
    IF full_window > 0 THEN RETURN full_window; END IF;
    UPDATE phone_budgets SET sends = array_append(ARRAY(SELECT s FROM unnest(own.sends) s WHERE s > day_ago), at),
                             wrongs = ARRAY(SELECT w FROM unnest(own.wrongs) w WHERE w > day_ago), seen_at = at
    WHERE phone_index = number;
    RETURN 0;
END
$$;
