--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: admit_notice(timestamp with time zone, bytea[], timestamp with time zone[], bigint[], bigint[], bigint[], bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.admit_notice(at timestamp with time zone, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM send_breaker b WHERE b.stopped_until > at) THEN RETURN false; END IF;
    RETURN take_windows(keys, starts, limits, ceilings, slots, seed) = 0;
END
$$;

--
-- Name: admit_send(bytea, timestamp with time zone, timestamp with time zone, bigint, bigint, bigint, bigint, boolean, bytea[], timestamp with time zone[], bigint[], bigint[], bigint[], bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.admit_send(number bytea, at timestamp with time zone, cooldown_from timestamp with time zone, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint, proven boolean, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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

--
-- Name: delete_privacy_records(uuid[], uuid[], uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_privacy_records(requests uuid[], tombstones uuid[], told uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    gone bigint;
    more bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM audit_events e WHERE e.id = told AND e.action IN ('retention.delete', 'demo.clear')
                     AND e.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'the audit was not told';
    END IF;
    DELETE FROM privacy_requests WHERE id = ANY (requests);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM erasure_tombstones WHERE lead_id = ANY (tombstones);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN gone + more;
END
$$;

--
-- Name: erase_audit_details(uuid, timestamp with time zone, text, text, text, jsonb, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_audit_details(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, erased jsonb, checkpoint_mac bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    count bigint;
BEGIN
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
    VALUES (checkpoint_id, happened_at, by_actor, by_role, 'audit.checkpoint', about, erased, checkpoint_mac);
    DELETE FROM audit_details WHERE event_id IN (SELECT e::uuid FROM jsonb_array_elements_text(erased -> 'events') AS e);
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN count;
END
$$;

--
-- Name: expire_audit(uuid, timestamp with time zone, text, text, text, jsonb, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.expire_audit(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, expired jsonb, checkpoint_mac bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    last_position bigint := (expired ->> 'through')::bigint;
    gone uuid[];
BEGIN
    IF last_position IS NULL OR last_position >= (SELECT max(position) FROM audit_links) THEN
        RAISE EXCEPTION 'the end of the chain stays';
    END IF;
    SELECT array_agg(event_id) INTO gone FROM audit_links WHERE position <= last_position;
    IF EXISTS (SELECT FROM audit_events WHERE id = ANY (gone) AND at > happened_at - interval '180 days') THEN
        RAISE EXCEPTION 'the audit of the last half year stays';
    END IF;
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
    VALUES (checkpoint_id, happened_at, by_actor, by_role, 'audit.checkpoint', about, expired, checkpoint_mac);
    DELETE FROM audit_details WHERE event_id = ANY (gone);
    DELETE FROM audit_links WHERE position <= last_position;
    DELETE FROM audit_events WHERE id = ANY (gone);
    RETURN cardinality(gone);
END
$$;

--
-- Name: keep_source(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keep_source() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the source of an inquiry does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'source_is_kept';
END
$$;

--
-- Name: mark_changed_task(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_changed_task() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM mark_lead(OLD.lead_id);
    IF TG_OP = 'UPDATE' AND NEW.lead_id <> OLD.lead_id THEN
        PERFORM mark_lead(NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;

--
-- Name: mark_claim(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_claim() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.revealed_at IS NOT NULL THEN
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.revealed_at));
    END IF;
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(a.at) FROM call_attempts a WHERE a.task_id = OLD.task_id AND a.claim_number = OLD.claim_number AND a.refused IS NULL;
    RETURN NULL;
END
$$;

--
-- Name: mark_dialled_call(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_dialled_call() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(a.at) FROM call_attempts a WHERE a.task_id = NEW.task_id AND a.refused IS NULL;
    RETURN NULL;
END
$$;

--
-- Name: mark_inquiry(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_inquiry() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.accepted_at));
    IF TG_OP = 'UPDATE' AND NEW.accepted_at <> OLD.accepted_at THEN
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(NEW.accepted_at));
    END IF;
    RETURN NULL;
END
$$;

--
-- Name: mark_lead(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_lead(lead uuid) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(i.accepted_at) FROM leads l JOIN inquiries i ON i.lead_id = l.id WHERE l.id = lead OR l.merged_into = lead
$$;

--
-- Name: mark_merge(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_merge() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM mark_lead(NEW.id);
    RETURN NULL;
END
$$;

--
-- Name: mark_message(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_message() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.finished_at));
    RETURN NULL;
END
$$;

--
-- Name: mark_result(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_result() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM mark_lead(t.lead_id) FROM callback_tasks t WHERE t.id = NEW.task_id;
    ELSE
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.at));
        PERFORM mark_lead(t.lead_id) FROM callback_tasks t WHERE t.id = OLD.task_id;
    END IF;
    RETURN NULL;
END
$$;

--
-- Name: mark_task_changed(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_task_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;

--
-- Name: move_audit_head(bigint, bytea, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.move_audit_head(new_position bigint, new_hash bytea, new_mac bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_links WHERE position = new_position AND hash = new_hash)
        OR new_position < (SELECT max(position) FROM audit_links) THEN
        RAISE EXCEPTION 'the chain does not end there';
    END IF;
    INSERT INTO audit_head AS h (position, hash, mac) VALUES (new_position, new_hash, new_mac)
    ON CONFLICT (one) DO UPDATE SET position = excluded.position, hash = excluded.hash, mac = excluded.mac
    WHERE h.position < excluded.position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the head only moves forward';
    END IF;
END
$$;

--
-- Name: queue_webhooks(text, uuid, timestamp with time zone, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.queue_webhooks(event_type text, lead uuid, happened_at timestamp with time zone, facts jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    event uuid;
    bytes bytea;
BEGIN
    IF NOT EXISTS (SELECT FROM webhooks w WHERE w.deleted_at IS NULL AND event_type = ANY (w.events)) THEN
        RETURN;
    END IF;
    event := gen_random_uuid();
    bytes := convert_to(jsonb_build_object('type', event_type, 'timestamp', webhook_time(happened_at), 'data', facts)::text, 'UTF8');
    INSERT INTO webhook_deliveries (webhook_id, event_id, type, lead_id, body, created_at, next_attempt_at)
    SELECT w.id, event, event_type, lead, bytes, happened_at, happened_at
    FROM webhooks w WHERE w.deleted_at IS NULL AND event_type = ANY (w.events) ORDER BY w.id;
END
$$;

--
-- Name: shanghai_day(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.shanghai_day(instant timestamp with time zone) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((instant AT TIME ZONE 'Asia/Shanghai'::text))::date;

--
-- Name: short_source(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.short_source(source jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN "left"(COALESCE(NULLIF(((source -> 'utm'::text) ->> 'source'::text), ''::text), NULLIF((source ->> 'utm_source'::text), ''::text), NULLIF((((source -> 'last_touch'::text) -> 'utm'::text) ->> 'source'::text), ''::text), (SELECT ("substring"(a.address, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)'::text) || COALESCE("substring"(a.address, '^[^/?#]*://[^/?#]*(/[^?#]*)'::text), ''::text)) FROM unnest(ARRAY[(short_source.source ->> 'page_url'::text), (short_source.source ->> 'landing_url'::text), (short_source.source ->> 'referrer'::text)]) WITH ORDINALITY a(address, place) WHERE (a.address ~ '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?[^/?#:]+'::text) ORDER BY a.place LIMIT 1), ''::text), 200);

--
-- Name: take_windows(bytea[], timestamp with time zone[], bigint[], bigint[], bigint[], bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.take_windows(keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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

--
-- Name: tell_of_call(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_call() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks('call.recorded', lead, NEW.at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'call_id', NEW.id, 'adviser_id', NEW.adviser_id,
                           'disposition', NEW.disposition, 'counts', NEW.counts, 'at', webhook_time(NEW.at),
                           'next_attempt_at', webhook_time(NEW.next_attempt_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_claim(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_claim() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    lead uuid;
    undone uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    IF NEW.began_at IS NULL THEN
        PERFORM queue_webhooks('task.claimed', lead, NEW.claimed_at,
            jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'adviser_id', NEW.adviser_id, 'kind', NEW.kind,
                               'claimed_at', webhook_time(NEW.claimed_at)));
    ELSE
        SELECT id INTO undone FROM call_attempts WHERE task_id = NEW.task_id AND refused = 'undone' ORDER BY at DESC, id DESC LIMIT 1;
        PERFORM queue_webhooks('call.undone', lead, NEW.claimed_at,
            jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'call_id', undone, 'adviser_id', NEW.adviser_id,
                               'undone_at', webhook_time(NEW.claimed_at)));
    END IF;
    RETURN NULL;
END
$$;

--
-- Name: tell_of_closing(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_closing() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('lead.closed', NEW.lead_id, NEW.closed_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'task_id', NEW.id, 'reason', NEW.closed_reason,
                           'closed_at', webhook_time(NEW.closed_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_erasure(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_erasure() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('lead.erased', NEW.lead_id, NEW.erased_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'erased_at', webhook_time(NEW.erased_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_export(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_export() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('export.made', NULL, NEW.finished_at,
        jsonb_build_object('export_id', NEW.id, 'staff_id', NEW.staff_id, 'format', NEW.format, 'phone', NEW.phone, 'rows', NEW.rows,
                           'finished_at', webhook_time(NEW.finished_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_inquiry(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_inquiry() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('inquiry.received', NEW.lead_id, NEW.accepted_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'inquiry_id', NEW.id, 'accepted_at', webhook_time(NEW.accepted_at),
                           'due_at', webhook_time(NEW.due_at), 'site', NEW.site));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_lead(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_lead() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('lead.created', NEW.id, NEW.created_at,
        jsonb_build_object('lead_id', NEW.id, 'created_at', webhook_time(NEW.created_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_promise(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_promise() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks(CASE WHEN NEW.kind = 'sla_broken' THEN 'sla.breached' ELSE 'sla.warned' END, lead, NEW.created_at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'stage', substr(NEW.kind, 5), 'due_at', webhook_time(NEW.due_at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_reopening(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_reopening() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks('lead.reopened', lead, NEW.at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'reason', NEW.kind, 'at', webhook_time(NEW.at)));
    RETURN NULL;
END
$$;

--
-- Name: tell_of_withdrawal(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tell_of_withdrawal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM queue_webhooks('consent.withdrawn', NEW.lead_id, NEW.withdrawn_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'consent_id', NEW.id, 'purpose', NEW.purpose,
                           'withdrawn_at', webhook_time(NEW.withdrawn_at)));
    RETURN NULL;
END
$$;

--
-- Name: webhook_time(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.webhook_time(instant timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char((instant AT TIME ZONE 'Asia/Shanghai'::text), 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'::text);

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: advertising_costs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.advertising_costs (
    day date NOT NULL,
    source text NOT NULL,
    campaign text NOT NULL,
    fen bigint NOT NULL,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT advertising_costs_campaign_check CHECK ((char_length(campaign) <= 200)),
    CONSTRAINT advertising_costs_fen_check CHECK (((fen >= 0) AND (fen <= '99999999999'::bigint))),
    CONSTRAINT advertising_costs_source_check CHECK (((char_length(source) >= 1) AND (char_length(source) <= 200)))
);

--
-- Name: TABLE advertising_costs; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.advertising_costs IS 'Spend by day in Shanghai, source as short_source names it and campaign, as files handed it in; the last file counts';

--
-- Name: api_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL,
    previous_hash bytea,
    previous_until timestamp with time zone,
    scopes text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    scope_refused_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT an_overlap_ends CHECK (((previous_hash IS NULL) = (previous_until IS NULL))),
    CONSTRAINT api_keys_check CHECK ((expires_at > created_at)),
    CONSTRAINT api_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT api_keys_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{1,31}$'::text)),
    CONSTRAINT api_keys_prefix_check CHECK ((char_length(prefix) = 11)),
    CONSTRAINT api_keys_previous_hash_check CHECK ((octet_length(previous_hash) = 32)),
    CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['leads:write'::text, 'leads:read'::text, 'stats:read'::text, 'exports:read'::text])))
);

--
-- Name: TABLE api_keys; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.api_keys IS 'Only a hash of each key, 256 random bits, is kept; the prefix is what people know it by';

--
-- Name: COLUMN api_keys.previous_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_keys.previous_hash IS 'The key before the last rotation, good until previous_until';

--
-- Name: COLUMN api_keys.created_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_keys.created_by IS 'Who answers for what the key does: the witness of consents that it records';

--
-- Name: assessment_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.assessment_items (
    assessment_id uuid NOT NULL,
    "position" smallint NOT NULL,
    key text NOT NULL,
    points integer NOT NULL,
    text text NOT NULL,
    CONSTRAINT assessment_items_points_check CHECK ((points <> 0))
);

--
-- Name: assessment_reviews; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.assessment_reviews (
    assessment_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    reviewed_by uuid NOT NULL,
    note_sealed bytea NOT NULL,
    reviewed_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE assessment_reviews; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.assessment_reviews IS 'Belongs to the lead it was made for, also after a merge';

--
-- Name: assessments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.assessments (
    id uuid NOT NULL,
    rule_version text NOT NULL,
    assessed_on date NOT NULL,
    answers jsonb NOT NULL,
    sum_before_deductions integer NOT NULL,
    total integer NOT NULL,
    can_apply boolean NOT NULL,
    blocked_by text[] NOT NULL,
    notes jsonb NOT NULL,
    gap integer NOT NULL,
    suggestions jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT assessments_gap_check CHECK ((gap >= 0)),
    CONSTRAINT assessments_sum_before_deductions_check CHECK ((sum_before_deductions >= 0)),
    CONSTRAINT assessments_total_check CHECK ((total >= 0))
);

--
-- Name: audit_details; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_details (
    event_id uuid NOT NULL,
    sealed bytea NOT NULL
);

--
-- Name: audit_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_events (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    detail_hash bytea,
    mac bytea NOT NULL,
    CONSTRAINT audit_events_action_check CHECK ((action ~ '^[a-z_]+(\.[a-z_]+)*$'::text)),
    CONSTRAINT audit_events_detail_hash_check CHECK ((octet_length(detail_hash) = 32)),
    CONSTRAINT audit_events_mac_check CHECK ((octet_length(mac) = 32))
);

--
-- Name: COLUMN audit_events.detail; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.audit_events.detail IS 'Never personal data: that is sealed in audit_details';

--
-- Name: COLUMN audit_events.mac; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.audit_events.mac IS 'HMAC over every other column, so that a change shows';

--
-- Name: audit_head; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_head (
    one boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    mac bytea NOT NULL,
    CONSTRAINT audit_head_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_head_mac_check CHECK ((octet_length(mac) = 32)),
    CONSTRAINT audit_head_one_check CHECK (one),
    CONSTRAINT audit_head_position_check CHECK (("position" > 0))
);

--
-- Name: TABLE audit_head; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.audit_head IS 'The newest link, written with each batch of links; mac = HMAC over position and hash';

--
-- Name: audit_links; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_links (
    "position" bigint NOT NULL,
    event_id uuid NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_links_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_links_position_check CHECK (("position" > 0))
);

--
-- Name: TABLE audit_links; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.audit_links IS 'The chain over the audit: hash = HMAC(hash before || mac of the event). Written in the background';

--
-- Name: benefit_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.benefit_files (
    sha256 bytea NOT NULL,
    type text NOT NULL,
    content bytea NOT NULL,
    added_by text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT benefit_files_content_check CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 4194304))),
    CONSTRAINT benefit_files_type_check CHECK ((type = ANY (ARRAY['application/pdf'::text, 'image/png'::text, 'image/jpeg'::text]))),
    CONSTRAINT named_by_its_content CHECK ((sha256 = sha256(content)))
);
ALTER TABLE ONLY public.benefit_files ALTER COLUMN content SET STORAGE EXTERNAL;

--
-- Name: TABLE benefit_files; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.benefit_files IS 'Served through a receipt only; the setting benefits names them by their SHA-256';

--
-- Name: benefit_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.benefit_requests (
    lead_id uuid NOT NULL,
    benefit text NOT NULL,
    title text NOT NULL,
    inquiry_id uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    CONSTRAINT benefit_requests_benefit_check CHECK ((benefit ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
    CONSTRAINT benefit_requests_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 40)))
);

--
-- Name: TABLE benefit_requests; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.benefit_requests IS 'Who asked for what, and when first; the title is what it was called then';

--
-- Name: budgets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.budgets (
    bucket bytea NOT NULL,
    window_start timestamp with time zone NOT NULL,
    used integer NOT NULL,
    ceiling integer NOT NULL,
    CONSTRAINT budgets_bucket_check CHECK ((octet_length(bucket) = 32)),
    CONSTRAINT budgets_ceiling_check CHECK ((ceiling > 0)),
    CONSTRAINT budgets_used_check CHECK ((used >= 0)),
    CONSTRAINT within_the_ceiling CHECK ((used <= ceiling))
);

--
-- Name: calendar_days; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calendar_days (
    day date NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    CONSTRAINT calendar_days_kind_check CHECK ((kind = ANY (ARRAY['off'::text, 'makeup'::text])))
);

--
-- Name: COLUMN calendar_days.year; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calendar_days.year IS 'The year of the notice: 31 December may belong to the next one';

--
-- Name: calendar_years; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calendar_years (
    year integer NOT NULL,
    status text NOT NULL,
    notice text NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_years_status_check CHECK ((status = ANY (ARRAY['official'::text, 'provisional'::text]))),
    CONSTRAINT calendar_years_year_check CHECK (((year >= 2000) AND (year <= 2200)))
);

--
-- Name: call_attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.call_attempts (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    claim_number integer NOT NULL,
    adviser_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    disposition text NOT NULL,
    reason text,
    item text,
    reference text,
    merge_into uuid,
    note_sealed bytea,
    call_again_at timestamp with time zone,
    counts boolean NOT NULL,
    refused text,
    next_attempt_at timestamp with time zone,
    closed_reason text,
    idempotency_key text,
    fingerprint bytea,
    answer jsonb,
    duration_seconds integer,
    CONSTRAINT a_refused_result_changes_nothing CHECK (((refused IS NULL) OR ((NOT counts) AND (answer IS NULL)))),
    CONSTRAINT call_attempts_disposition_check CHECK ((disposition = ANY (ARRAY['reached_interested'::text, 'reached_need_materials'::text, 'call_back_at'::text, 'no_answer'::text, 'busy_or_rejected'::text, 'powered_off'::text, 'wrong_person'::text, 'reached_not_interested'::text, 'do_not_call'::text, 'not_eligible'::text, 'converted'::text, 'duplicate'::text, 'spam'::text]))),
    CONSTRAINT call_attempts_duration_seconds_check CHECK (((duration_seconds >= 0) AND (duration_seconds <= 14400))),
    CONSTRAINT call_attempts_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT call_attempts_idempotency_key_check CHECK ((idempotency_key ~ '^[\x21-\x7e]{1,128}$'::text)),
    CONSTRAINT call_attempts_item_check CHECK ((char_length(item) <= 64)),
    CONSTRAINT call_attempts_reason_check CHECK ((char_length(reason) <= 200)),
    CONSTRAINT call_attempts_reference_check CHECK ((char_length(reference) <= 200))
);

--
-- Name: COLUMN call_attempts.duration_seconds; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.call_attempts.duration_seconds IS 'From dialling to the result by the desk''s clock, where somebody let it run';

--
-- Name: call_undos; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.call_undos (
    task_id uuid NOT NULL,
    adviser_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    task jsonb NOT NULL,
    unmet uuid[] NOT NULL,
    listed bytea,
    changed_in xid8 NOT NULL,
    wechat jsonb DEFAULT '[]'::jsonb NOT NULL
);

--
-- Name: TABLE call_undos; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.call_undos IS 'What a task was before its newest result, for as long as that can be undone';

--
-- Name: COLUMN call_undos.listed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.call_undos.listed IS 'The number that the result put on the do-not-call list';

--
-- Name: COLUMN call_undos.changed_in; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.call_undos.changed_in IS 'The transaction of the result: a task that says another one was changed since';

--
-- Name: COLUMN call_undos.wechat; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.call_undos.wechat IS 'The rows of wechat_contacts of the lead and of those merged into it, as before the result';

--
-- Name: callback_claims; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.callback_claims (
    task_id uuid NOT NULL,
    claim_number integer NOT NULL,
    adviser_id uuid NOT NULL,
    kind text NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    revealed_at timestamp with time zone,
    ended_at timestamp with time zone,
    end_reason text,
    release_note_sealed bytea,
    phone_lead_id uuid,
    began_at timestamp with time zone,
    CONSTRAINT callback_claims_claim_number_check CHECK ((claim_number > 0)),
    CONSTRAINT callback_claims_end_reason_check CHECK ((end_reason = ANY (ARRAY['result'::text, 'released'::text, 'expired'::text, 'assigned'::text, 'closed'::text, 'paused'::text]))),
    CONSTRAINT callback_claims_kind_check CHECK ((kind = ANY (ARRAY['ordinary'::text, 'incoming'::text]))),
    CONSTRAINT ended_says_why CHECK (((ended_at IS NULL) = (end_reason IS NULL)))
);

--
-- Name: COLUMN callback_claims.claim_number; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_claims.claim_number IS 'The fence: a result counts only under the newest number of its task';

--
-- Name: COLUMN callback_claims.phone_lead_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_claims.phone_lead_id IS 'The lead whose number was shown, or who rang';

--
-- Name: COLUMN callback_claims.began_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_claims.began_at IS 'When the call began that this claim goes on with, after an undo; null for a call that begins with it';

--
-- Name: callback_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.callback_events (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    staff_id uuid,
    note_sealed bytea,
    CONSTRAINT callback_events_kind_check CHECK ((kind = ANY (ARRAY['reopened'::text, 'unmerged'::text, 'permit_due'::text])))
);

--
-- Name: TABLE callback_events; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.callback_events IS 'What happened to a task beside claims and results, for its history';

--
-- Name: callback_pauses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.callback_pauses (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    paused_at timestamp with time zone NOT NULL,
    paused_by uuid NOT NULL,
    reason text NOT NULL,
    paused_until timestamp with time zone NOT NULL,
    note_sealed bytea,
    resumed_at timestamp with time zone,
    resumed_by uuid,
    CONSTRAINT a_pause_lies_ahead CHECK ((paused_until > paused_at)),
    CONSTRAINT callback_pauses_reason_check CHECK ((reason = ANY (ARRAY['awaiting_visitor'::text, 'visitor_away'::text, 'number_unclear'::text, 'other'::text]))),
    CONSTRAINT resumed_says_who CHECK (((resumed_at IS NULL) = (resumed_by IS NULL)))
);

--
-- Name: COLUMN callback_pauses.resumed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_pauses.resumed_at IS 'By hand; an inquiry, a counting result and the end of the time are told elsewhere';

--
-- Name: callback_tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.callback_tasks (
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    latest_inquiry_id uuid NOT NULL,
    state text NOT NULL,
    paused_reason text,
    accepted_at timestamp with time zone NOT NULL,
    newest_inquiry_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    provisional boolean NOT NULL,
    met_at timestamp with time zone,
    first_attempt_at timestamp with time zone,
    first_contact_at timestamp with time zone,
    next_attempt_at timestamp with time zone NOT NULL,
    call_again_at timestamp with time zone,
    preferred_window text,
    attempts integer DEFAULT 0 NOT NULL,
    owner_id uuid,
    owner_reason text,
    claim_number integer DEFAULT 0 NOT NULL,
    claimed_by uuid,
    claim_kind text,
    claimed_until timestamp with time zone,
    last_disposition text,
    last_attempt_at timestamp with time zone,
    closed_at timestamp with time zone,
    closed_reason text,
    rests_until timestamp with time zone,
    changed_in xid8 DEFAULT '0'::xid8 NOT NULL,
    paused_until timestamp with time zone,
    first_qualified_at timestamp with time zone,
    opened_for text,
    skill text,
    pushed_at timestamp with time zone,
    CONSTRAINT a_claim_is_whole CHECK ((((claimed_by IS NULL) = (claimed_until IS NULL)) AND ((claimed_by IS NULL) = (claim_kind IS NULL)))),
    CONSTRAINT callback_tasks_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT callback_tasks_claim_kind_check CHECK ((claim_kind = ANY (ARRAY['ordinary'::text, 'incoming'::text]))),
    CONSTRAINT callback_tasks_claim_number_check CHECK ((claim_number >= 0)),
    CONSTRAINT callback_tasks_opened_for_check CHECK ((opened_for = ANY (ARRAY['reopened'::text, 'permit_renewal'::text]))),
    CONSTRAINT callback_tasks_owner_reason_check CHECK ((owner_reason = ANY (ARRAY['assigned'::text, 'appointment'::text, 'contacted'::text, 'pushed'::text]))),
    CONSTRAINT callback_tasks_preferred_window_check CHECK ((preferred_window = ANY (ARRAY['morning'::text, 'afternoon'::text, 'evening'::text]))),
    CONSTRAINT callback_tasks_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paused'::text, 'closed'::text]))),
    CONSTRAINT closed_holds_no_claim CHECK (((state <> 'closed'::text) OR (claimed_by IS NULL))),
    CONSTRAINT closed_says_why CHECK ((((state = 'closed'::text) = (closed_at IS NOT NULL)) AND ((state = 'closed'::text) = (closed_reason IS NOT NULL)))),
    CONSTRAINT owned_for_a_reason CHECK (((owner_id IS NULL) = (owner_reason IS NULL))),
    CONSTRAINT paused_for_a_known_reason CHECK ((paused_reason = ANY (ARRAY['awaiting_visitor'::text, 'visitor_away'::text, 'number_unclear'::text, 'other'::text]))),
    CONSTRAINT paused_says_why CHECK ((((state = 'paused'::text) = (paused_reason IS NOT NULL)) AND ((state = 'paused'::text) = (paused_until IS NOT NULL)))),
    CONSTRAINT pushed_says_when CHECK (((owner_reason <> 'pushed'::text) OR (pushed_at IS NOT NULL)))
);

--
-- Name: COLUMN callback_tasks.rests_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.rests_until IS 'The day''s attempts are used up until then';

--
-- Name: COLUMN callback_tasks.changed_in; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.changed_in IS 'The transaction that last changed the task, written by a trigger';

--
-- Name: COLUMN callback_tasks.paused_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.paused_until IS 'The task opens by itself then; due_at stands all the while';

--
-- Name: COLUMN callback_tasks.first_qualified_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.first_qualified_at IS 'The first counting result that says the person wants to go on';

--
-- Name: COLUMN callback_tasks.opened_for; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.opened_for IS 'Why it was opened without an inquiry or a call of the person; null for those';

--
-- Name: COLUMN callback_tasks.skill; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.skill IS 'That of the newest inquiry';

--
-- Name: COLUMN callback_tasks.pushed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.callback_tasks.pushed_at IS 'When it was last pushed to somebody, its owner still or not';

--
-- Name: callback_viewers; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.callback_viewers (
    staff_id uuid NOT NULL,
    task_id uuid NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE callback_viewers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.callback_viewers IS 'Whose card somebody looks at: the last one, for less than a minute';

--
-- Name: calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calls (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    claim_number integer NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone,
    dialled_at timestamp with time zone,
    ringing_at timestamp with time zone,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone,
    reported_at timestamp with time zone,
    duration_seconds integer,
    recording_reference_sealed bytea,
    failure text,
    attempt integer DEFAULT 0 NOT NULL,
    send_at timestamp with time zone,
    lease_until timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT calls_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT calls_duration_seconds_check CHECK (((duration_seconds >= 0) AND (duration_seconds <= 86400))),
    CONSTRAINT calls_failure_check CHECK (((char_length(failure) >= 1) AND (char_length(failure) <= 100))),
    CONSTRAINT calls_number_check CHECK ((number = ANY (ARRAY['first'::text, 'second'::text]))),
    CONSTRAINT calls_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'ringing'::text, 'answered'::text, 'ended'::text, 'failed'::text]))),
    CONSTRAINT erased_leaves_no_recording CHECK (((erased_at IS NULL) OR (recording_reference_sealed IS NULL))),
    CONSTRAINT waits_or_is_being_sent CHECK (((send_at IS NULL) OR ((state = 'requested'::text) AND (lease_until IS NULL))))
);

--
-- Name: TABLE calls; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.calls IS 'Calls that the telephone system was asked to make, and its outbox; whose number and who asked is in the claim';

--
-- Name: COLUMN calls.dialled_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calls.dialled_at IS 'Since when the call counts as a look at the number does: taken by the system or reported, and not failed before it rang';

--
-- Name: COLUMN calls.recording_reference_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calls.recording_reference_sealed IS 'Sealed, because systems name recordings after numbers';

--
-- Name: COLUMN calls.attempt; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calls.attempt IS 'The fence: an outcome is written under the number it was sent with';

--
-- Name: closure_reviews; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.closure_reviews (
    attempt_id uuid NOT NULL,
    verdict text NOT NULL,
    reviewed_by uuid NOT NULL,
    reviewed_at timestamp with time zone NOT NULL,
    CONSTRAINT closure_reviews_verdict_check CHECK ((verdict = ANY (ARRAY['right'::text, 'wrong'::text])))
);

--
-- Name: TABLE closure_reviews; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.closure_reviews IS 'What a supervisor found of a result that ended a promise without a call; the last verdict stands, the audit has all';

--
-- Name: company_day_changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.company_day_changes (
    is_only boolean DEFAULT true NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT company_day_changes_is_only_check CHECK (is_only)
);

--
-- Name: company_days; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.company_days (
    day date NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT company_days_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'closed'::text])))
);

--
-- Name: company_logos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.company_logos (
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    added_by text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT company_logos_content_check CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 48000))),
    CONSTRAINT company_logos_height_check CHECK (((height >= 1) AND (height <= 1024))),
    CONSTRAINT company_logos_width_check CHECK (((width >= 1) AND (width <= 1024))),
    CONSTRAINT named_by_its_content CHECK ((sha256 = sha256(content)))
);
ALTER TABLE ONLY public.company_logos ALTER COLUMN content SET STORAGE EXTERNAL;

--
-- Name: TABLE company_logos; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.company_logos IS 'PNG pictures for the visitors'' pages; the setting company_logo names one';

--
-- Name: consents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.consents (
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    inquiry_id uuid,
    purpose text NOT NULL,
    notice_version text NOT NULL,
    notice_sha256 bytea NOT NULL,
    given_at timestamp with time zone NOT NULL,
    address inet NOT NULL,
    user_agent text,
    reminder_valid_until date,
    withdrawn_at timestamp with time zone,
    text_shown text,
    channel text,
    challenge_id uuid,
    user_agent_hash bytea,
    basis text,
    evidence_sealed bytea,
    recorded_by uuid,
    CONSTRAINT a_basis_has_a_witness CHECK ((((basis IS NULL) = (recorded_by IS NULL)) AND ((evidence_sealed IS NULL) OR (basis IS NOT NULL)))),
    CONSTRAINT consents_basis_check CHECK ((basis = ANY (ARRAY['call_in'::text, 'walk_in'::text, 'wechat'::text, 'written'::text, 'other'::text]))),
    CONSTRAINT consents_channel_check CHECK ((channel = ANY (ARRAY['script'::text, 'form'::text, 'staff'::text]))),
    CONSTRAINT consents_notice_sha256_check CHECK ((octet_length(notice_sha256) = 32)),
    CONSTRAINT consents_purpose_check CHECK ((purpose ~ '^[a-z_]+(:[A-Za-z0-9_-]+)?$'::text)),
    CONSTRAINT consents_user_agent_check CHECK ((char_length(user_agent) <= 512)),
    CONSTRAINT consents_user_agent_hash_check CHECK ((octet_length(user_agent_hash) = 32)),
    CONSTRAINT reminders_have_a_date CHECK (((purpose = 'reminder'::text) = (reminder_valid_until IS NOT NULL)))
);

--
-- Name: COLUMN consents.user_agent; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.consents.user_agent IS 'Not written any more: user_agent_hash says as much';

--
-- Name: COLUMN consents.challenge_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.consents.challenge_id IS 'The code that proved the number; challenges are thrown away, this stays';

--
-- Name: COLUMN consents.basis; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.consents.basis IS 'How somebody agreed whose inquiry the staff wrote down; null where a code proved the number';

--
-- Name: deadline_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deadline_moves (
    inquiry_id uuid NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    earlier_due_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT deadline_moves_check CHECK ((due_at > earlier_due_at))
);

--
-- Name: TABLE deadline_moves; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.deadline_moves IS 'Provisional promises that an imported calendar moved, for the receipt; what the visitor moves is not here';

--
-- Name: do_not_call; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.do_not_call (
    phone_index bytea NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by text NOT NULL,
    CONSTRAINT do_not_call_phone_index_check CHECK ((octet_length(phone_index) = 32))
);

--
-- Name: eligibility_checks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.eligibility_checks (
    lead_id uuid NOT NULL,
    rule_version text NOT NULL,
    offered boolean NOT NULL,
    total integer NOT NULL,
    checked_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE eligibility_checks; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.eligibility_checks IS 'Leads that were not eligible, scored again once under each later set of rules';

--
-- Name: erasure_tombstones; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.erasure_tombstones (
    lead_id uuid NOT NULL,
    pseudonym bytea NOT NULL,
    request_id uuid NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT erasure_tombstones_pseudonym_check CHECK ((octet_length(pseudonym) = 32))
);

--
-- Name: TABLE erasure_tombstones; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.erasure_tombstones IS 'Carried over a restore: what a backup brings back of these leads, accepted up to erased_at, is erased again';

--
-- Name: export_chunks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_chunks (
    job_id uuid NOT NULL,
    "position" integer NOT NULL,
    is_last boolean NOT NULL,
    ciphertext bytea NOT NULL,
    CONSTRAINT export_chunks_ciphertext_check CHECK (((octet_length(ciphertext) >= 16) AND (octet_length(ciphertext) <= 300000))),
    CONSTRAINT export_chunks_position_check CHECK (("position" >= 0))
);
ALTER TABLE ONLY public.export_chunks ALTER COLUMN ciphertext SET STORAGE EXTERNAL;

--
-- Name: TABLE export_chunks; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.export_chunks IS 'The files of export_jobs; in the database, so that every process can hand them out and none leaves one behind';

--
-- Name: export_jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_jobs (
    id uuid NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    filter_sealed bytea,
    columns text[] NOT NULL,
    phone text NOT NULL,
    reason text NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL,
    approved_by uuid,
    approved_at timestamp with time zone,
    attempts smallint DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamp with time zone,
    started_at timestamp with time zone,
    done bigint DEFAULT 0 NOT NULL,
    total bigint,
    key_sealed bytea,
    chunks integer,
    rows bigint,
    excluded bigint,
    bytes bigint,
    sha256 bytea,
    failure text,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    downloads integer DEFAULT 0 NOT NULL,
    CONSTRAINT an_approval_has_a_time CHECK (((approved_by IS NULL) = (approved_at IS NULL))),
    CONSTRAINT done_is_whole CHECK (((state <> 'done'::text) OR ((key_sealed IS NOT NULL) AND (chunks IS NOT NULL) AND (rows IS NOT NULL) AND (excluded IS NOT NULL) AND (bytes IS NOT NULL) AND (sha256 IS NOT NULL) AND (expires_at IS NOT NULL)))),
    CONSTRAINT ended_has_a_time CHECK (((state = ANY (ARRAY['waiting_approval'::text, 'queued'::text, 'running'::text])) = (finished_at IS NULL))),
    CONSTRAINT export_jobs_attempts_check CHECK (((attempts >= 0) AND (attempts <= 3))),
    CONSTRAINT export_jobs_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT export_jobs_chunks_check CHECK ((chunks > 0)),
    CONSTRAINT export_jobs_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT export_jobs_done_check CHECK ((done >= 0)),
    CONSTRAINT export_jobs_downloads_check CHECK ((downloads >= 0)),
    CONSTRAINT export_jobs_excluded_check CHECK ((excluded >= 0)),
    CONSTRAINT export_jobs_failure_check CHECK ((failure ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT export_jobs_filters_check CHECK ((jsonb_typeof(filters) = 'object'::text)),
    CONSTRAINT export_jobs_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT export_jobs_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'ndjson'::text, 'xlsx'::text]))),
    CONSTRAINT export_jobs_phone_check CHECK ((phone = ANY (ARRAY['masked'::text, 'plain'::text]))),
    CONSTRAINT export_jobs_reason_check CHECK ((char_length(reason) <= 500)),
    CONSTRAINT export_jobs_rows_check CHECK ((rows >= 0)),
    CONSTRAINT export_jobs_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT export_jobs_state_check CHECK ((state = ANY (ARRAY['waiting_approval'::text, 'queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT export_jobs_total_check CHECK ((total >= 0)),
    CONSTRAINT failed_says_why CHECK (((state <> 'failed'::text) OR (failure IS NOT NULL))),
    CONSTRAINT it_knows_what_to_export CHECK (((filter_sealed IS NOT NULL) OR (state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT no_key_without_a_file CHECK (((key_sealed IS NULL) OR (state = ANY (ARRAY['running'::text, 'done'::text])))),
    CONSTRAINT plain_numbers_have_a_reason CHECK (((phone = 'masked'::text) OR (char_length(reason) > 0))),
    CONSTRAINT running_under_a_lease CHECK ((((state = 'running'::text) = (lease_token IS NOT NULL)) AND ((lease_token IS NULL) = (lease_until IS NULL)) AND ((state <> 'running'::text) OR (started_at IS NOT NULL)))),
    CONSTRAINT somebody_else_approves CHECK ((approved_by <> requested_by))
);

--
-- Name: TABLE export_jobs; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.export_jobs IS 'Exports made in the background; what was done is in export_records and the audit, which outlive them';

--
-- Name: COLUMN export_jobs.filter_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.export_jobs.filter_sealed IS 'The filter as it was asked for, which may hold a number or a name; gone with its end, a failure aside';

--
-- Name: COLUMN export_jobs.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.export_jobs.attempts IS 'How often it was begun; a crash counts, giving it back or a new start after an erasure does not';

--
-- Name: COLUMN export_jobs.lease_token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.export_jobs.lease_token IS 'The fence: whoever writes, ends or beats names the token of its claim';

--
-- Name: COLUMN export_jobs.key_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.export_jobs.key_sealed IS 'The data key of the present file, a new one for each attempt';

--
-- Name: export_leads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_leads (
    lead_id uuid NOT NULL,
    export_id uuid NOT NULL
);

--
-- Name: TABLE export_leads; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.export_leads IS 'Whose data an export held: shown to them on request';

--
-- Name: export_records; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_records (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    staff_id uuid,
    actor text NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    columns text[] NOT NULL,
    phone text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    rows bigint,
    excluded bigint,
    sha256 bytea,
    finished_at timestamp with time zone,
    CONSTRAINT done_says_what CHECK (((state <> 'done'::text) OR ((rows IS NOT NULL) AND (excluded IS NOT NULL) AND (sha256 IS NOT NULL)))),
    CONSTRAINT export_records_excluded_check CHECK ((excluded >= 0)),
    CONSTRAINT export_records_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'ndjson'::text, 'xlsx'::text]))),
    CONSTRAINT export_records_phone_check CHECK ((phone = ANY (ARRAY['masked'::text, 'plain'::text]))),
    CONSTRAINT export_records_reason_check CHECK ((char_length(reason) <= 500)),
    CONSTRAINT export_records_rows_check CHECK ((rows >= 0)),
    CONSTRAINT export_records_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT export_records_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT finished_has_a_time CHECK (((state = 'running'::text) = (finished_at IS NULL))),
    CONSTRAINT plain_numbers_need_a_reason CHECK (((phone = 'masked'::text) OR (char_length(reason) > 0)))
);

--
-- Name: gateway_attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.gateway_attempts (
    message_id uuid NOT NULL,
    attempt integer NOT NULL,
    "position" smallint NOT NULL,
    gateway text NOT NULL,
    operator text NOT NULL,
    outcome text NOT NULL,
    vendor_code text,
    duration_ms integer NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT gateway_attempts_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT gateway_attempts_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT gateway_attempts_operator_check CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text, 'other'::text]))),
    CONSTRAINT gateway_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'number_throttled'::text, 'account_throttled'::text, 'no_funds'::text, 'number_bad'::text, 'number_blocked'::text, 'config_bad'::text, 'transient'::text, 'unknown'::text]))),
    CONSTRAINT gateway_attempts_position_check CHECK (("position" > 0)),
    CONSTRAINT gateway_attempts_vendor_code_check CHECK ((vendor_code ~ '^[A-Za-z0-9._:-]{1,64}$'::text))
);

--
-- Name: TABLE gateway_attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.gateway_attempts IS 'Which gateway was offered which message and what it answered; no number, no text';

--
-- Name: inquiries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inquiries (
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    name_sealed bytea,
    name_index bytea,
    remark_sealed bytea,
    extra_sealed bytea,
    assessment_id uuid,
    preferred_window text,
    source jsonb NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    provisional boolean NOT NULL,
    met_at timestamp with time zone,
    quarantined boolean DEFAULT false NOT NULL,
    erased_at timestamp with time zone,
    window_changed_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    site text,
    first_due_at timestamp with time zone,
    postponed_at timestamp with time zone,
    postponed_to timestamp with time zone,
    skill text,
    CONSTRAINT due_after_accepted CHECK ((due_at > accepted_at)),
    CONSTRAINT erased_leaves_no_text CHECK (
CASE
    WHEN (erased_at IS NULL) THEN ((name_sealed IS NOT NULL) AND (name_index IS NOT NULL))
    ELSE ((num_nonnulls(name_sealed, name_index, remark_sealed, extra_sealed, assessment_id) = 0) AND (source = '{}'::jsonb))
END),
    CONSTRAINT inquiries_name_index_check CHECK ((octet_length(name_index) = 32)),
    CONSTRAINT inquiries_preferred_window_check CHECK ((preferred_window = ANY (ARRAY['morning'::text, 'afternoon'::text, 'evening'::text]))),
    CONSTRAINT inquiries_skill_check CHECK (((char_length(skill) >= 1) AND (char_length(skill) <= 40))),
    CONSTRAINT postponed_to_a_later_time CHECK ((((postponed_at IS NULL) = (postponed_to IS NULL)) AND (postponed_to > postponed_at)))
);

--
-- Name: COLUMN inquiries.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.due_at IS 'The promise this visitor was told';

--
-- Name: COLUMN inquiries.erased_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.erased_at IS 'Only a row for counts is left since then';

--
-- Name: COLUMN inquiries.window_changed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.window_changed_at IS 'When the visitor last chose another window on the receipt; due_at is what that told them';

--
-- Name: COLUMN inquiries.cancelled_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.cancelled_at IS 'When the visitor took it back before it was met: nobody calls for it, and it counts as left out';

--
-- Name: COLUMN inquiries.site; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.site IS 'Whose form it was; null for the default form and for leads entered by staff';

--
-- Name: COLUMN inquiries.first_due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.first_due_at IS 'The deadline before the visitor first moved it, up to which they may move it again; due_at is the one they were told last, which counts';

--
-- Name: COLUMN inquiries.postponed_to; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.postponed_to IS 'The new time the visitor was told; due_at stays what was promised, and is what counts';

--
-- Name: COLUMN inquiries.skill; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.inquiries.skill IS 'What the inquiry asks of whoever calls, by the rules of its day';

--
-- Name: job_holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_holds (
    name text NOT NULL,
    held_at timestamp with time zone NOT NULL,
    held_by uuid NOT NULL,
    CONSTRAINT job_holds_name_check CHECK ((name ~ '^[a-z_]{1,40}$'::text))
);

--
-- Name: TABLE job_holds; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.job_holds IS 'Background work that begins no round until it is released, in any process';

--
-- Name: job_runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_runs (
    name text NOT NULL,
    ran_at timestamp with time zone NOT NULL,
    failed_at timestamp with time zone,
    failure text,
    failures integer DEFAULT 0 NOT NULL,
    CONSTRAINT a_failure_has_a_time CHECK (((failed_at IS NULL) = (failure IS NULL))),
    CONSTRAINT job_runs_failure_check CHECK (((char_length(failure) >= 1) AND (char_length(failure) <= 100))),
    CONSTRAINT job_runs_failures_check CHECK ((failures >= 0)),
    CONSTRAINT job_runs_name_check CHECK ((name ~ '^[a-z_]{1,40}$'::text))
);

--
-- Name: COLUMN job_runs.failure; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job_runs.failure IS 'The kind of the last failure: an SQLSTATE or the name of an error, never its text';

--
-- Name: COLUMN job_runs.failures; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job_runs.failures IS 'How many noted rounds failed since the last one that did not';

--
-- Name: key_checks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.key_checks (
    number smallint NOT NULL,
    mac bytea NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT key_checks_mac_check CHECK ((octet_length(mac) = 32)),
    CONSTRAINT key_checks_number_check CHECK (((number >= 1) AND (number <= 255)))
);

--
-- Name: TABLE key_checks; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.key_checks IS 'Written when a key is first used here, never changed; tells nothing of the key';

--
-- Name: COLUMN key_checks.mac; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.key_checks.mac IS 'HMAC of a constant under a key derived for this alone';

--
-- Name: lead_import_inquiries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_import_inquiries (
    inquiry_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line integer,
    task_id uuid,
    is_new boolean,
    opened boolean,
    before jsonb,
    changed_in xid8,
    CONSTRAINT lead_import_inquiries_line_check CHECK ((line > 0))
);

--
-- Name: TABLE lead_import_inquiries; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.lead_import_inquiries IS 'Which inquiries a batch made';

--
-- Name: COLUMN lead_import_inquiries.task_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_import_inquiries.task_id IS 'The task that calls for it; no reference, as undoing a batch deletes both';

--
-- Name: COLUMN lead_import_inquiries.is_new; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_import_inquiries.is_new IS 'Whether the batch made the lead; null of batches before there was an undo';

--
-- Name: COLUMN lead_import_inquiries.before; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_import_inquiries.before IS 'The task as it was before the inquiry joined it; null where the batch opened it';

--
-- Name: COLUMN lead_import_inquiries.changed_in; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_import_inquiries.changed_in IS 'The transaction that brought the row in: a task that another changed since is not given back';

--
-- Name: lead_import_parts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_import_parts (
    id uuid NOT NULL,
    import_id uuid NOT NULL,
    "position" integer NOT NULL,
    line integer NOT NULL,
    rows integer NOT NULL,
    text_sealed bytea NOT NULL,
    CONSTRAINT lead_import_parts_line_check CHECK ((line > 0)),
    CONSTRAINT lead_import_parts_position_check CHECK (("position" >= 0)),
    CONSTRAINT lead_import_parts_rows_check CHECK ((rows > 0))
);

--
-- Name: TABLE lead_import_parts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.lead_import_parts IS 'What has not come in yet of a file: a part is deleted by the transaction that takes its rows';

--
-- Name: lead_import_refusals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_import_refusals (
    import_id uuid NOT NULL,
    line integer NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    CONSTRAINT lead_import_refusals_code_check CHECK ((code ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT lead_import_refusals_detail_check CHECK ((char_length(detail) <= 300)),
    CONSTRAINT lead_import_refusals_line_check CHECK ((line > 0))
);

--
-- Name: TABLE lead_import_refusals; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.lead_import_refusals IS 'Why rows of a file did not come in, by their line; nothing of what they held';

--
-- Name: lead_imports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_imports (
    id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    sha256 bytea NOT NULL,
    basis text,
    added integer NOT NULL,
    joined integer NOT NULL,
    repeated integer NOT NULL,
    refused integer NOT NULL,
    state text DEFAULT 'done'::text NOT NULL,
    rows integer NOT NULL,
    heading_sealed bytea,
    columns jsonb,
    tried_at timestamp with time zone,
    request_sealed bytea,
    attempts smallint DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamp with time zone,
    failure text,
    finished_at timestamp with time zone,
    undone_at timestamp with time zone,
    undone_by text,
    CONSTRAINT failed_says_why CHECK (((state <> 'failed'::text) OR (failure IS NOT NULL))),
    CONSTRAINT lead_imports_added_check CHECK ((added >= 0)),
    CONSTRAINT lead_imports_attempts_check CHECK (((attempts >= 0) AND (attempts <= 3))),
    CONSTRAINT lead_imports_basis_check CHECK ((basis = ANY (ARRAY['call_in'::text, 'walk_in'::text, 'wechat'::text, 'written'::text, 'other'::text]))),
    CONSTRAINT lead_imports_columns_check CHECK ((jsonb_typeof(columns) = 'object'::text)),
    CONSTRAINT lead_imports_failure_check CHECK ((failure ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT lead_imports_joined_check CHECK ((joined >= 0)),
    CONSTRAINT lead_imports_made_by_check CHECK (((char_length(made_by) >= 1) AND (char_length(made_by) <= 64))),
    CONSTRAINT lead_imports_refused_check CHECK ((refused >= 0)),
    CONSTRAINT lead_imports_repeated_check CHECK ((repeated >= 0)),
    CONSTRAINT lead_imports_rows_check CHECK ((rows >= 0)),
    CONSTRAINT lead_imports_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT lead_imports_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'undone'::text]))),
    CONSTRAINT lead_imports_undone_by_check CHECK (((char_length(undone_by) >= 1) AND (char_length(undone_by) <= 64))),
    CONSTRAINT nothing_is_kept_when_all_is_over CHECK (((state <> ALL (ARRAY['done'::text, 'undone'::text])) OR (num_nonnulls(heading_sealed, request_sealed) = 0))),
    CONSTRAINT over_has_a_time CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'undone'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT running_under_a_lease CHECK ((((state = 'running'::text) = (lease_token IS NOT NULL)) AND ((lease_token IS NULL) = (lease_until IS NULL)))),
    CONSTRAINT something_came_in CHECK (((state <> 'done'::text) OR ((added + joined) > 0))),
    CONSTRAINT they_agreed_somehow CHECK (((state = 'draft'::text) OR (basis IS NOT NULL))),
    CONSTRAINT undone_says_by_whom CHECK ((((state = 'undone'::text) = (undone_at IS NOT NULL)) AND ((undone_at IS NULL) = (undone_by IS NULL))))
);

--
-- Name: TABLE lead_imports; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.lead_imports IS 'Batches of leads from files, with counts and the digest of the file; what came with it is sealed and goes when it is over';

--
-- Name: COLUMN lead_imports.added; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_imports.added IS 'Of a draft what its trial found; else what came in so far';

--
-- Name: COLUMN lead_imports.columns; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.lead_imports.columns IS 'Which column of the file holds what, counted from one';

--
-- Name: lead_permits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_permits (
    lead_id uuid NOT NULL,
    valid_until date NOT NULL,
    recorded_by uuid,
    recorded_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE lead_permits; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.lead_permits IS 'When a residence permit ends, as an adviser was told; the visitor''s own reminder is a consent';

--
-- Name: leads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leads (
    id uuid NOT NULL,
    phone_index bytea,
    phone_index_key smallint NOT NULL,
    phone_index_next bytea,
    phone_sealed bytea,
    last_four_index bytea,
    merged_into uuid,
    created_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    pseudonym bytea,
    CONSTRAINT erased_leaves_no_number CHECK (
CASE
    WHEN (erased_at IS NULL) THEN ((phone_index IS NOT NULL) AND (phone_sealed IS NOT NULL) AND (last_four_index IS NOT NULL))
    ELSE ((num_nonnulls(phone_index, phone_index_next, phone_sealed, last_four_index) = 0) AND (pseudonym IS NOT NULL))
END),
    CONSTRAINT leads_last_four_index_check CHECK ((octet_length(last_four_index) = 32)),
    CONSTRAINT leads_phone_index_check CHECK ((octet_length(phone_index) = 32)),
    CONSTRAINT leads_phone_index_next_check CHECK ((octet_length(phone_index_next) = 32)),
    CONSTRAINT leads_pseudonym_check CHECK ((octet_length(pseudonym) = 32)),
    CONSTRAINT no_merge_into_itself CHECK ((merged_into <> id))
);

--
-- Name: COLUMN leads.phone_index_next; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.leads.phone_index_next IS 'The same number under the next index key, while keys rotate';

--
-- Name: COLUMN leads.pseudonym; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.leads.pseudonym IS 'Keyed hash under a key of its own: what is left of the number after an erasure';

--
-- Name: login_failures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.login_failures (
    bucket bytea NOT NULL,
    at timestamp with time zone[] NOT NULL,
    CONSTRAINT login_failures_bucket_check CHECK ((octet_length(bucket) = 32))
);

--
-- Name: TABLE login_failures; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.login_failures IS 'Failed logins of the last 15 minutes per username or address, both as keyed hashes';

--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id uuid NOT NULL,
    template text NOT NULL,
    challenge_id uuid,
    phone_sealed bytea,
    parameters_sealed bytea,
    state text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    gateway text,
    vendor_id text,
    failure text,
    created_at timestamp with time zone NOT NULL,
    send_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    phone_index bytea,
    pseudonym bytea,
    retries smallint DEFAULT 0 NOT NULL,
    operator text,
    segments smallint,
    delivery text,
    delivery_code text,
    delivery_at timestamp with time zone,
    queries smallint DEFAULT 0 NOT NULL,
    query_at timestamp with time zone,
    inquiry_id uuid,
    CONSTRAINT delivered_means_sent CHECK (((delivery IS NULL) OR ((state = 'sent'::text) AND (delivery_at IS NOT NULL)))),
    CONSTRAINT finished_forgets_the_text CHECK (((state = ANY (ARRAY['queued'::text, 'sending'::text])) OR (parameters_sealed IS NULL))),
    CONSTRAINT finished_has_a_time CHECK (((state = ANY (ARRAY['queued'::text, 'sending'::text])) = (finished_at IS NULL))),
    CONSTRAINT messages_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT messages_delivery_check CHECK ((delivery = ANY (ARRAY['delivered'::text, 'failed'::text]))),
    CONSTRAINT messages_delivery_code_check CHECK ((char_length(delivery_code) <= 64)),
    CONSTRAINT messages_failure_check CHECK ((char_length(failure) <= 128)),
    CONSTRAINT messages_operator_check CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text, 'other'::text]))),
    CONSTRAINT messages_phone_index_check CHECK ((octet_length(phone_index) = 32)),
    CONSTRAINT messages_pseudonym_check CHECK ((octet_length(pseudonym) = 32)),
    CONSTRAINT messages_queries_check CHECK (((queries >= 0) AND (queries <= 3))),
    CONSTRAINT messages_retries_check CHECK (((retries >= 0) AND (retries <= 1))),
    CONSTRAINT messages_segments_check CHECK ((segments > 0)),
    CONSTRAINT messages_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'expired'::text, 'unknown'::text]))),
    CONSTRAINT messages_template_check CHECK ((template ~ '^[a-z_]+$'::text)),
    CONSTRAINT messages_vendor_id_check CHECK ((char_length(vendor_id) <= 128)),
    CONSTRAINT only_notices_name_an_inquiry CHECK (((inquiry_id IS NULL) OR (template = ANY (ARRAY['inquiry_confirmation'::text, 'late_notice'::text])))),
    CONSTRAINT only_unknown_is_asked_about CHECK (((query_at IS NULL) OR (state = 'unknown'::text))),
    CONSTRAINT sending_has_a_lease CHECK (((state = 'sending'::text) = (lease_until IS NOT NULL)))
);

--
-- Name: TABLE messages; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.messages IS 'The outbox: written in the transaction that wants the message, sent by the worker afterwards';

--
-- Name: COLUMN messages.retries; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.messages.retries IS 'Once, and only when every gateway asked certainly did not take it';

--
-- Name: COLUMN messages.delivery; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.messages.delivery IS 'What the vendor reported, the first report counts';

--
-- Name: COLUMN messages.inquiry_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.messages.inquiry_id IS 'The inquiry that is confirmed: its promise is read when the message is sent, so that it says what the queue says';

--
-- Name: missed_call_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.missed_call_messages (
    lead_id uuid NOT NULL,
    day date NOT NULL,
    attempt_id uuid NOT NULL,
    message_id uuid,
    created_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE missed_call_messages; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.missed_call_messages IS 'Who was told of a call they missed; a message that no gateway took is replaced, no other is';

--
-- Name: pending_reports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pending_reports (
    gateway text NOT NULL,
    vendor_id text NOT NULL,
    message_id uuid,
    phone_index bytea,
    delivered boolean NOT NULL,
    code text,
    segments smallint,
    reported_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT pending_reports_code_check CHECK ((char_length(code) <= 64)),
    CONSTRAINT pending_reports_phone_index_check CHECK ((octet_length(phone_index) = 32)),
    CONSTRAINT pending_reports_segments_check CHECK ((segments > 0)),
    CONSTRAINT pending_reports_vendor_id_check CHECK (((char_length(vendor_id) >= 1) AND (char_length(vendor_id) <= 128))),
    CONSTRAINT unsigned_reports_name_a_number CHECK (((phone_index IS NOT NULL) OR (gateway = 'webhook'::text)))
);

--
-- Name: TABLE pending_reports; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.pending_reports IS 'Delivery reports whose message is not settled yet or not ours; joined when it is settled, deleted after a day';

--
-- Name: permit_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.permit_calls (
    lead_id uuid NOT NULL,
    valid_until date NOT NULL,
    task_id uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE permit_calls; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.permit_calls IS 'The task in which somebody is called about the end of their permit: one for an end';

--
-- Name: permit_reminders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.permit_reminders (
    lead_id uuid NOT NULL,
    remind_on date NOT NULL,
    valid_until date NOT NULL,
    message_id uuid,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT thirty_or_seven_days_before CHECK (((valid_until - remind_on) = ANY (ARRAY[7, 30])))
);

--
-- Name: TABLE permit_reminders; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.permit_reminders IS 'Who was reminded for which day; a message that expired before any gateway took it is replaced, no other is';

--
-- Name: phone_budgets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.phone_budgets (
    phone_index bytea NOT NULL,
    sends timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    wrongs timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT phone_budgets_phone_index_check CHECK ((octet_length(phone_index) = 32))
);

--
-- Name: TABLE phone_budgets; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.phone_budgets IS 'Codes sent to and wrong codes given for a number within 24 hours, across purposes and spellings';

--
-- Name: points_rule_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.points_rule_versions (
    version text NOT NULL,
    effective_from date NOT NULL,
    effective_to date,
    sha256 bytea NOT NULL,
    rules jsonb NOT NULL,
    CONSTRAINT points_rule_versions_check CHECK (((effective_to IS NULL) OR (effective_to >= effective_from))),
    CONSTRAINT points_rule_versions_sha256_check CHECK ((octet_length(sha256) = 32))
);

--
-- Name: TABLE points_rule_versions; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.points_rule_versions IS 'Assessments point here: a set is added, never altered, and no two take effect on the same day';

--
-- Name: privacy_cases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.privacy_cases (
    id uuid NOT NULL,
    kind text NOT NULL,
    asked_by text NOT NULL,
    channel text NOT NULL,
    pseudonym bytea NOT NULL,
    note_sealed bytea,
    received_on date NOT NULL,
    due_on date GENERATED ALWAYS AS ((received_on + 15)) STORED NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by uuid NOT NULL,
    outcome text,
    reason_sealed bytea,
    closed_at timestamp with time zone,
    closed_by uuid,
    CONSTRAINT a_closed_case_says_how CHECK ((((outcome IS NULL) = (closed_at IS NULL)) AND ((outcome IS NULL) = (closed_by IS NULL)))),
    CONSTRAINT a_refusal_has_its_reason CHECK (((outcome IS DISTINCT FROM 'refused'::text) OR (reason_sealed IS NOT NULL) OR (note_sealed IS NULL))),
    CONSTRAINT an_open_case_has_its_text CHECK (((closed_at IS NOT NULL) OR (note_sealed IS NOT NULL))),
    CONSTRAINT privacy_cases_asked_by_check CHECK ((asked_by = ANY (ARRAY['person'::text, 'guardian'::text, 'next_of_kin'::text]))),
    CONSTRAINT privacy_cases_channel_check CHECK ((channel = ANY (ARRAY['telephone'::text, 'letter'::text, 'email'::text, 'counter'::text, 'complaint'::text]))),
    CONSTRAINT privacy_cases_check CHECK ((closed_at >= opened_at)),
    CONSTRAINT privacy_cases_kind_check CHECK ((kind = ANY (ARRAY['access'::text, 'transfer'::text, 'correct'::text, 'erase'::text, 'restrict'::text, 'withdraw'::text, 'explain'::text]))),
    CONSTRAINT privacy_cases_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text]))),
    CONSTRAINT privacy_cases_pseudonym_check CHECK ((octet_length(pseudonym) = 32))
);

--
-- Name: TABLE privacy_cases; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.privacy_cases IS 'The number is not kept: whoever works the case gives it again, and the pseudonym says whether it is the same';

--
-- Name: COLUMN privacy_cases.note_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.privacy_cases.note_sealed IS 'Null once the person was erased and the case is closed';

--
-- Name: COLUMN privacy_cases.due_on; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.privacy_cases.due_on IS 'Fifteen days after it came in';

--
-- Name: privacy_notices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.privacy_notices (
    version text NOT NULL,
    effective_on date NOT NULL,
    sha256 bytea NOT NULL,
    text text NOT NULL,
    CONSTRAINT privacy_notices_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT privacy_notices_version_check CHECK ((version ~ '^[0-9A-Za-z.-]{1,32}$'::text))
);

--
-- Name: privacy_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.privacy_requests (
    id uuid NOT NULL,
    kind text NOT NULL,
    pseudonym bytea NOT NULL,
    lead_id uuid,
    requested_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    corrects text[] DEFAULT '{}'::text[] NOT NULL,
    case_id uuid,
    CONSTRAINT privacy_requests_check CHECK ((finished_at >= requested_at)),
    CONSTRAINT privacy_requests_check1 CHECK (((corrects <@ ARRAY['name'::text, 'answers'::text]) AND ((kind = 'correct'::text) OR (corrects = '{}'::text[])))),
    CONSTRAINT privacy_requests_kind_check CHECK ((kind = ANY (ARRAY['copy'::text, 'correct'::text, 'erase'::text, 'stop_calls'::text, 'withdraw'::text]))),
    CONSTRAINT privacy_requests_pseudonym_check CHECK ((octet_length(pseudonym) = 32))
);

--
-- Name: TABLE privacy_requests; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.privacy_requests IS 'Written in the transaction that does what was asked, so a row is a request that was done';

--
-- Name: COLUMN privacy_requests.corrects; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.privacy_requests.corrects IS 'What a correction was about, which is all that its result shows';

--
-- Name: COLUMN privacy_requests.case_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.privacy_requests.case_id IS 'The case in which it was done by hand; null where the person proved the number by a code';

--
-- Name: quarantined_inquiries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quarantined_inquiries (
    inquiry_id uuid NOT NULL,
    reason text NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    told_due_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reviewed_by uuid,
    reviewed_at timestamp with time zone,
    told_next_attempt_at timestamp with time zone,
    CONSTRAINT quarantined_inquiries_reason_check CHECK ((reason = ANY (ARRAY['honeypot'::text, 'fill_time'::text, 'unknown'::text]))),
    CONSTRAINT quarantined_inquiries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'dismissed'::text, 'released'::text]))),
    CONSTRAINT reviewed_by_somebody CHECK ((((state = 'waiting'::text) = (reviewed_at IS NULL)) AND ((reviewed_by IS NULL) = (reviewed_at IS NULL))))
);

--
-- Name: TABLE quarantined_inquiries; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.quarantined_inquiries IS 'Why an inquiry was put aside, what its sender was told, and what became of it';

--
-- Name: COLUMN quarantined_inquiries.told_next_attempt_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.quarantined_inquiries.told_next_attempt_at IS 'What the receipt shows as the next try, so that it looks like any other';

--
-- Name: robot_alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.robot_alerts (
    robot_id uuid NOT NULL,
    alert_id uuid NOT NULL
);

--
-- Name: TABLE robot_alerts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.robot_alerts IS 'Alerts that wait to be joined into the next post of a robot';

--
-- Name: robot_posts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.robot_posts (
    id uuid NOT NULL,
    robot_id uuid NOT NULL,
    kind text NOT NULL,
    day date NOT NULL,
    text text NOT NULL,
    state text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    failure text,
    created_at timestamp with time zone NOT NULL,
    send_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT done_says_when CHECK (((state = ANY (ARRAY['sent'::text, 'failed'::text, 'expired'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT robot_posts_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT robot_posts_failure_check CHECK (((char_length(failure) >= 1) AND (char_length(failure) <= 100))),
    CONSTRAINT robot_posts_kind_check CHECK ((kind = ANY (ARRAY['alerts'::text, 'plan'::text, 'rescue'::text]))),
    CONSTRAINT robot_posts_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'expired'::text]))),
    CONSTRAINT robot_posts_text_check CHECK (((octet_length(text) >= 1) AND (octet_length(text) <= 2048))),
    CONSTRAINT sending_under_a_lease CHECK (((state = 'sending'::text) = (lease_until IS NOT NULL)))
);

--
-- Name: COLUMN robot_posts.attempt; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.robot_posts.attempt IS 'The fence: an outcome is written under the number it was sent with';

--
-- Name: robots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.robots (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    audience text NOT NULL,
    address_sealed bytea NOT NULL,
    secret_sealed bytea,
    added_at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone,
    CONSTRAINT robots_audience_check CHECK ((audience = ANY (ARRAY['team'::text, 'supervisors'::text]))),
    CONSTRAINT robots_kind_check CHECK ((kind = ANY (ARRAY['wecom'::text, 'dingtalk'::text, 'feishu'::text]))),
    CONSTRAINT robots_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'::text)),
    CONSTRAINT who_signs_has_a_secret CHECK (((kind = 'wecom'::text) = (secret_sealed IS NULL)))
);

--
-- Name: COLUMN robots.address_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.robots.address_sealed IS 'The address holds the key that whoever posts needs, so it is sealed like the secret';

--
-- Name: COLUMN robots.posted_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.robots.posted_at IS 'When the last post went out: a vendor takes 20 a minute';

--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    sha256 bytea NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

--
-- Name: second_numbers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.second_numbers (
    lead_id uuid NOT NULL,
    phone_sealed bytea NOT NULL,
    set_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE second_numbers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.second_numbers IS 'A further number of somebody, a landline with its extension or another mobile; nobody is found by it';

--
-- Name: send_alarms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.send_alarms (
    bucket bytea NOT NULL,
    window_start timestamp with time zone NOT NULL,
    percent smallint NOT NULL,
    CONSTRAINT send_alarms_bucket_check CHECK ((octet_length(bucket) = 32)),
    CONSTRAINT send_alarms_percent_check CHECK ((percent = ANY (ARRAY[50, 80, 100])))
);

--
-- Name: TABLE send_alarms; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.send_alarms IS 'Alarms that were raised, so that each is raised once per window';

--
-- Name: send_breaker; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.send_breaker (
    id smallint NOT NULL,
    raised_until timestamp with time zone NOT NULL,
    stopped_until timestamp with time zone,
    CONSTRAINT send_breaker_id_check CHECK ((id = 1))
);

--
-- Name: TABLE send_breaker; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.send_breaker IS 'While raised, every send costs a proof of work; while stopped, nothing is sent';

--
-- Name: send_budgets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.send_budgets (
    bucket bytea NOT NULL,
    window_start timestamp with time zone NOT NULL,
    slot smallint NOT NULL,
    used bigint NOT NULL,
    ceiling bigint NOT NULL,
    CONSTRAINT send_budgets_bucket_check CHECK ((octet_length(bucket) = 32)),
    CONSTRAINT send_budgets_ceiling_check CHECK ((ceiling > 0)),
    CONSTRAINT send_budgets_slot_check CHECK ((slot >= 0)),
    CONSTRAINT send_budgets_used_check CHECK ((used >= 0)),
    CONSTRAINT within_the_ceiling CHECK ((used <= ceiling))
);

--
-- Name: TABLE send_budgets; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.send_budgets IS 'Codes sent per window; a window that many share is split into slots, whose ceilings add up to its own';

--
-- Name: settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settings (
    key text NOT NULL,
    value jsonb NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT settings_key_check CHECK ((key ~ '^[a-z][a-z0-9_]{0,63}$'::text))
);

--
-- Name: TABLE settings; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.settings IS 'Business rules people edit; the newest row whose effective_at has come is in force';

--
-- Name: sites; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sites (
    name text NOT NULL,
    form_key text NOT NULL,
    origins text[] NOT NULL,
    active boolean DEFAULT true NOT NULL,
    closes_on date,
    quota integer,
    taken integer DEFAULT 0 NOT NULL,
    closed_text text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT sites_closed_text_check CHECK (((char_length(closed_text) >= 1) AND (char_length(closed_text) <= 200))),
    CONSTRAINT sites_form_key_check CHECK ((form_key ~ '^[A-Za-z0-9_-]{22}$'::text)),
    CONSTRAINT sites_name_check CHECK (((name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'::text) AND (name <> 'default'::text))),
    CONSTRAINT sites_origins_check CHECK ((cardinality(origins) <= 20)),
    CONSTRAINT sites_quota_check CHECK ((quota > 0)),
    CONSTRAINT sites_taken_check CHECK ((taken >= 0)),
    CONSTRAINT within_the_quota CHECK ((taken <= quota))
);

--
-- Name: TABLE sites; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.sites IS 'Pages of others that carry our form, each under a form key; the default form has no row';

--
-- Name: COLUMN sites.origins; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.sites.origins IS 'Scheme, host and port of the pages that may; nobody else may frame the form or call the API with its key';

--
-- Name: COLUMN sites.closes_on; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.sites.closes_on IS 'The last day in Shanghai on which inquiries are taken';

--
-- Name: COLUMN sites.taken; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.sites.taken IS 'Inquiries taken since the quota was set; not counted without one, so that nobody waits for this row';

--
-- Name: staff; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff (
    id uuid NOT NULL,
    username text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL,
    password_expires_at timestamp with time zone,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    availability text DEFAULT 'on_shift'::text NOT NULL,
    availability_at timestamp with time zone,
    skills text[] DEFAULT '{}'::text[] NOT NULL,
    push_weight smallint DEFAULT 1 NOT NULL,
    push_cap smallint,
    pushed_at timestamp with time zone,
    push_start double precision DEFAULT 0 NOT NULL,
    CONSTRAINT a_few_skills CHECK (((cardinality(skills) <= 20) AND (array_position(skills, NULL::text) IS NULL))),
    CONSTRAINT one_time_passwords_expire CHECK (((NOT must_change_password) OR (password_expires_at IS NOT NULL))),
    CONSTRAINT staff_availability_check CHECK ((availability = ANY (ARRAY['on_shift'::text, 'break'::text, 'off'::text]))),
    CONSTRAINT staff_display_name_check CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 50))),
    CONSTRAINT staff_push_cap_check CHECK (((push_cap >= 0) AND (push_cap <= 500))),
    CONSTRAINT staff_push_weight_check CHECK (((push_weight >= 0) AND (push_weight <= 100))),
    CONSTRAINT staff_role_check CHECK ((role = ANY (ARRAY['adviser'::text, 'supervisor'::text, 'administrator'::text, 'auditor'::text, 'privacy'::text]))),
    CONSTRAINT staff_username_check CHECK ((username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'::text))
);

--
-- Name: COLUMN staff.demo; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.demo IS 'Made up for a demonstration, and goes with it';

--
-- Name: COLUMN staff.availability; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.availability IS 'What the person, or a supervisor for them, said last; leave is in staff_leaves';

--
-- Name: COLUMN staff.push_weight; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.push_weight IS 'The share of tasks pushed to this person; 0 is none';

--
-- Name: COLUMN staff.push_cap; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.push_cap IS 'Nothing is pushed above so many tasks of the day; null is the setting';

--
-- Name: COLUMN staff.pushed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.pushed_at IS 'When a task was last pushed to this person; ties go to whoever waited longest';

--
-- Name: COLUMN staff.push_start; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff.push_start IS 'Where the last weighted push to this person began, in the time that passes with weighted pushes';

--
-- Name: staff_alert_readers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_alert_readers (
    staff_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    read_at timestamp with time zone
);

--
-- Name: staff_alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_alerts (
    id uuid NOT NULL,
    kind text NOT NULL,
    task_id uuid,
    due_at timestamp with time zone,
    about text,
    parameters jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT a_stage_is_one_of_a_promise CHECK ((((kind !~~ 'sla\_%'::text) AND (kind <> 'forecast_late'::text)) OR ((task_id IS NOT NULL) AND (due_at IS NOT NULL)))),
    CONSTRAINT staff_alerts_about_check CHECK (((char_length(about) >= 1) AND (char_length(about) <= 100))),
    CONSTRAINT staff_alerts_kind_check CHECK ((kind = ANY (ARRAY['sla_half'::text, 'sla_most'::text, 'sla_broken'::text, 'sla_late'::text, 'assigned'::text, 'claim_lapsed'::text, 'calendar_missing'::text, 'many_reveals'::text, 'unrevealed_results'::text, 'robot_failing'::text, 'delivery_falling'::text, 'closed_day'::text, 'prefix_full'::text, 'privacy_due'::text, 'many_exports'::text, 'export_waiting'::text, 'webhook_paused'::text, 'budget_full'::text, 'sending_stopped'::text, 'forecast_late'::text, 'contact_late'::text]))),
    CONSTRAINT staff_alerts_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text))
);

--
-- Name: TABLE staff_alerts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.staff_alerts IS 'What happened, once each; whom it was told is in staff_alert_readers, and may be nobody';

--
-- Name: COLUMN staff_alerts.about; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff_alerts.about IS 'What tells an occasion from the others of its kind, such as a day; null for what may happen again at once';

--
-- Name: COLUMN staff_alerts.parameters; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff_alerts.parameters IS 'Usernames, counts and years: never the name or number of a visitor';

--
-- Name: staff_leaves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_leaves (
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT a_leave_ends_after_it_starts CHECK ((first_day <= last_day))
);

--
-- Name: staff_sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_sessions (
    token_hash bytea NOT NULL,
    staff_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    step_up_at timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    CONSTRAINT staff_sessions_check CHECK ((expires_at > created_at)),
    CONSTRAINT staff_sessions_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

--
-- Name: staff_shifts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_shifts (
    staff_id uuid NOT NULL,
    weekday smallint NOT NULL,
    starts smallint NOT NULL,
    ends smallint NOT NULL,
    CONSTRAINT a_shift_ends_after_it_starts CHECK ((starts < ends)),
    CONSTRAINT staff_shifts_ends_check CHECK ((ends <= 1440)),
    CONSTRAINT staff_shifts_starts_check CHECK ((starts >= 0)),
    CONSTRAINT staff_shifts_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);

--
-- Name: TABLE staff_shifts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.staff_shifts IS 'Minutes after midnight; 1 is Monday. Somebody without rows works while the firm is open';

--
-- Name: staff_totp; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.staff_totp (
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    secret_sealed bytea NOT NULL,
    recovery_hashes bytea[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL
);

--
-- Name: COLUMN staff_totp.recovery_hashes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff_totp.recovery_hashes IS 'SHA-256 of each recovery code that was not used yet';

--
-- Name: COLUMN staff_totp.last_step; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.staff_totp.last_step IS 'The newest half minute whose code was accepted: none up to it is taken again (RFC 6238 §5.2)';

--
-- Name: statistics_advisers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statistics_advisers (
    day date NOT NULL,
    adviser_id uuid NOT NULL,
    results bigint NOT NULL,
    counting bigint NOT NULL,
    contacts bigint NOT NULL,
    unrevealed bigint NOT NULL,
    reveals bigint NOT NULL
);

--
-- Name: TABLE statistics_advisers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.statistics_advisers IS 'What each of the staff did on a day';

--
-- Name: statistics_counts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statistics_counts (
    day date NOT NULL,
    number text NOT NULL,
    name text NOT NULL,
    accepted bigint NOT NULL,
    attempted bigint NOT NULL,
    contacted bigint NOT NULL,
    qualified bigint NOT NULL,
    converted bigint NOT NULL,
    CONSTRAINT statistics_counts_number_check CHECK ((number = ANY (ARRAY['promise'::text, 'source'::text, 'article'::text, 'score'::text, 'suggested'::text])))
);

--
-- Name: TABLE statistics_counts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.statistics_counts IS 'How many inquiries of a day have a name under a number, and how far they came';

--
-- Name: statistics_days; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statistics_days (
    day date NOT NULL,
    opening_hours text NOT NULL,
    until date NOT NULL,
    shifted integer[] NOT NULL,
    first_attempt bytea NOT NULL,
    first_contact bytea NOT NULL,
    first_qualified bytea NOT NULL,
    CONSTRAINT it_ends_no_earlier CHECK ((until >= day))
);

--
-- Name: TABLE statistics_days; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.statistics_days IS 'Days in Shanghai whose numbers are kept; one that is missing, or has a mark, is counted from the rows themselves';

--
-- Name: COLUMN statistics_days.opening_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.statistics_days.opening_hours IS 'The hours that the open time was measured by';

--
-- Name: COLUMN statistics_days.until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.statistics_days.until IS 'The day of the last call that a length of open time ends with';

--
-- Name: COLUMN statistics_days.shifted; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.statistics_days.shifted IS 'The days from day to until, since 1970, on which the firm worked or not against their weekday';

--
-- Name: COLUMN statistics_days.first_attempt; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.statistics_days.first_attempt IS 'How often each number of begun open minutes passed: steps between the numbers and counts, as LEB128';

--
-- Name: statistics_marks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statistics_marks (
    "position" bigint NOT NULL,
    day date NOT NULL
);

--
-- Name: TABLE statistics_marks; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.statistics_marks IS 'Days of which something changed since they were counted; a row for each change, so that nobody waits for another';

--
-- Name: statistics_marks_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.statistics_marks ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.statistics_marks_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: statistics_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statistics_messages (
    day date NOT NULL,
    gateway text NOT NULL,
    operator text NOT NULL,
    handed_over bigint NOT NULL,
    unknown bigint NOT NULL,
    delivered bigint NOT NULL,
    failed bigint NOT NULL,
    unreported bigint NOT NULL,
    segments bigint NOT NULL,
    seconds integer[] NOT NULL,
    times integer[] NOT NULL,
    classes text[] NOT NULL,
    counts bigint[] NOT NULL,
    CONSTRAINT each_class_has_a_count CHECK ((cardinality(classes) = cardinality(counts))),
    CONSTRAINT each_length_has_a_count CHECK ((cardinality(seconds) = cardinality(times)))
);

--
-- Name: TABLE statistics_messages; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.statistics_messages IS 'What gateways did on a day: how often a message took so many begun seconds, and why messages were refused';

--
-- Name: submit_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.submit_keys (
    inquiry_id uuid NOT NULL,
    phone_index bytea NOT NULL,
    idempotency_key text,
    fingerprint bytea NOT NULL,
    body_sealed bytea NOT NULL,
    due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT submit_keys_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT submit_keys_idempotency_key_check CHECK ((idempotency_key ~ '^[\x21-\x7e]{1,128}$'::text)),
    CONSTRAINT submit_keys_phone_index_check CHECK ((octet_length(phone_index) = 32))
);

--
-- Name: TABLE submit_keys; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.submit_keys IS 'What makes a submit repeatable: the first body, under the id and the Idempotency-Key';

--
-- Name: submit_locks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.submit_locks (
    key bytea NOT NULL,
    holder uuid NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT submit_locks_key_check CHECK ((octet_length(key) = 32))
);

--
-- Name: TABLE submit_locks; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.submit_locks IS 'Held from the reservation of a try to the commit of the lead, so that a second submit under the same key waits';

--
-- Name: telephone_secrets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.telephone_secrets (
    one boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    secret_sealed bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT telephone_secrets_one_check CHECK (one)
);

--
-- Name: TABLE telephone_secrets; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.telephone_secrets IS 'What signs the calls to the telephone system and its reports: one row, or none';

--
-- Name: trial_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.trial_messages (
    message_id uuid NOT NULL,
    sent_by uuid NOT NULL,
    day date NOT NULL,
    number smallint NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT trial_messages_number_check CHECK (((number >= 1) AND (number <= 5)))
);

--
-- Name: TABLE trial_messages; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.trial_messages IS 'Trial messages by day and number; a message that is kept no longer leaves its row';

--
-- Name: used_proofs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.used_proofs (
    key bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT used_proofs_key_check CHECK ((octet_length(key) = 32))
);

--
-- Name: TABLE used_proofs; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.used_proofs IS 'Proofs of work that were taken, by their challenge, until they expire by themselves';

--
-- Name: verification_challenges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.verification_challenges (
    id uuid NOT NULL,
    phone_index bytea NOT NULL,
    purpose text NOT NULL,
    code_mac bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    source text DEFAULT 'unknown'::text NOT NULL,
    withheld boolean DEFAULT false NOT NULL,
    network bytea,
    CONSTRAINT verification_challenges_check CHECK ((expires_at > issued_at)),
    CONSTRAINT verification_challenges_code_mac_check CHECK ((octet_length(code_mac) = 32)),
    CONSTRAINT verification_challenges_network_check CHECK ((octet_length(network) = 32)),
    CONSTRAINT verification_challenges_phone_index_check CHECK ((octet_length(phone_index) = 32)),
    CONSTRAINT verification_challenges_purpose_check CHECK ((purpose = ANY (ARRAY['inquiry'::text, 'privacy'::text]))),
    CONSTRAINT verification_challenges_source_check CHECK (((source ~ '^[a-z0-9_-]{1,40}/[a-z]{1,10}$'::text) OR (source = 'unknown'::text)))
);

--
-- Name: COLUMN verification_challenges.source; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.verification_challenges.source IS 'The form and the way it was used; codes that nobody submitted are counted by it';

--
-- Name: COLUMN verification_challenges.withheld; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.verification_challenges.withheld IS 'Never handed to a gateway: a test number or a listed prefix';

--
-- Name: COLUMN verification_challenges.network; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.verification_challenges.network IS 'Keyed hash of the network the code was asked for from: what one network does stops nobody else';

--
-- Name: verification_counters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.verification_counters (
    phone_index bytea NOT NULL,
    purpose text NOT NULL,
    tries smallint NOT NULL,
    live_until timestamp with time zone NOT NULL,
    dead_through timestamp with time zone,
    CONSTRAINT verification_counters_phone_index_check CHECK ((octet_length(phone_index) = 32)),
    CONSTRAINT verification_counters_purpose_check CHECK ((purpose = ANY (ARRAY['inquiry'::text, 'privacy'::text]))),
    CONSTRAINT verification_counters_tries_check CHECK (((tries >= 0) AND (tries <= 5)))
);

--
-- Name: COLUMN verification_counters.dead_through; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.verification_counters.dead_through IS 'Challenges issued at or before this instant died of five wrong tries';

--
-- Name: webhook_deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_deliveries (
    "position" bigint NOT NULL,
    webhook_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    lead_id uuid,
    body bytea NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    tries_left smallint DEFAULT 8 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    finished_at timestamp with time zone,
    requests jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT done_has_a_time CHECK (((state = 'queued'::text) = (finished_at IS NULL))),
    CONSTRAINT only_waiting_ones_are_leased CHECK (((leased_until IS NULL) OR (state = 'queued'::text))),
    CONSTRAINT webhook_deliveries_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT webhook_deliveries_requests_check CHECK ((jsonb_typeof(requests) = 'array'::text)),
    CONSTRAINT webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'dead'::text]))),
    CONSTRAINT webhook_deliveries_tries_left_check CHECK ((tries_left >= 0))
);

--
-- Name: COLUMN webhook_deliveries.event_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_deliveries.event_id IS 'The webhook-id header: the same for every attempt and replay';

--
-- Name: COLUMN webhook_deliveries.lead_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_deliveries.lead_id IS 'Whose deliveries go out one after the other; no reference, as the fact outlives the lead';

--
-- Name: COLUMN webhook_deliveries.body; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_deliveries.body IS 'The bytes that are signed and sent: ids, states and times, never a name, a number or a note';

--
-- Name: COLUMN webhook_deliveries.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_deliveries.attempts IS 'The fence: an outcome is written under the number it was sent with';

--
-- Name: COLUMN webhook_deliveries.requests; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_deliveries.requests IS 'Each attempt: when, status or failure, milliseconds';

--
-- Name: webhook_deliveries_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.webhook_deliveries ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_deliveries_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: webhooks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhooks (
    id uuid NOT NULL,
    host text NOT NULL,
    url_sealed bytea,
    secret_sealed bytea,
    previous_sealed bytea,
    previous_until timestamp with time zone,
    events text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    pause_reason text,
    dead_in_a_row integer DEFAULT 0 NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT a_deleted_one_keeps_no_secret CHECK (
CASE
    WHEN (deleted_at IS NULL) THEN (num_nulls(url_sealed, secret_sealed) = 0)
    ELSE (num_nonnulls(url_sealed, secret_sealed, previous_sealed) = 0)
END),
    CONSTRAINT a_pause_says_why CHECK (((paused_at IS NULL) = (pause_reason IS NULL))),
    CONSTRAINT an_overlap_has_an_end CHECK (((previous_sealed IS NULL) = (previous_until IS NULL))),
    CONSTRAINT webhooks_dead_in_a_row_check CHECK ((dead_in_a_row >= 0)),
    CONSTRAINT webhooks_events_check CHECK (((cardinality(events) > 0) AND (events <@ ARRAY['lead.created'::text, 'inquiry.received'::text, 'task.claimed'::text, 'call.recorded'::text, 'call.undone'::text, 'lead.closed'::text, 'lead.reopened'::text, 'consent.withdrawn'::text, 'lead.erased'::text, 'sla.warned'::text, 'sla.breached'::text, 'export.made'::text]))),
    CONSTRAINT webhooks_host_check CHECK (((char_length(host) >= 1) AND (char_length(host) <= 253))),
    CONSTRAINT webhooks_pause_reason_check CHECK ((pause_reason = ANY (ARRAY['by_hand'::text, 'gone'::text, 'failing'::text])))
);

--
-- Name: COLUMN webhooks.url_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhooks.url_sealed IS 'An address may hold a token, so it is sealed like the secret; the host alone is shown in lists';

--
-- Name: COLUMN webhooks.previous_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhooks.previous_sealed IS 'The secret before the last rotation, which signs too until previous_until';

--
-- Name: COLUMN webhooks.dead_in_a_row; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhooks.dead_in_a_row IS 'Deliveries given up since the last one that was taken';

--
-- Name: COLUMN webhooks.deleted_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhooks.deleted_at IS 'The row stays: a transaction that queues for it at the same moment must not fail';

--
-- Name: wechat_contacts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.wechat_contacts (
    lead_id uuid NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE wechat_contacts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.wechat_contacts IS 'Whom an adviser has added on WeChat; the lead is that of the number they spoke to';

--
-- Name: withheld_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.withheld_codes (
    challenge_id uuid NOT NULL,
    phone_sealed bytea NOT NULL,
    code_sealed bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

--
-- Name: TABLE withheld_codes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.withheld_codes IS 'Codes of test numbers, for administrators to read while they live';

--
-- Name: advertising_costs advertising_costs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.advertising_costs
    ADD CONSTRAINT advertising_costs_pkey PRIMARY KEY (day, source, campaign);

--
-- Name: webhook_deliveries an_event_once_for_each; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT an_event_once_for_each UNIQUE (webhook_id, event_id);

--
-- Name: api_keys api_keys_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (key_hash);

--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

--
-- Name: assessment_items assessment_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_items
    ADD CONSTRAINT assessment_items_pkey PRIMARY KEY (assessment_id, key);

--
-- Name: assessment_reviews assessment_reviews_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_reviews
    ADD CONSTRAINT assessment_reviews_pkey PRIMARY KEY (assessment_id);

--
-- Name: assessments assessments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessments
    ADD CONSTRAINT assessments_pkey PRIMARY KEY (id);

--
-- Name: audit_details audit_details_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_details
    ADD CONSTRAINT audit_details_pkey PRIMARY KEY (event_id);

--
-- Name: audit_events audit_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);

--
-- Name: audit_head audit_head_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (one);

--
-- Name: audit_links audit_links_event_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_links
    ADD CONSTRAINT audit_links_event_id_key UNIQUE (event_id);

--
-- Name: audit_links audit_links_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_links
    ADD CONSTRAINT audit_links_pkey PRIMARY KEY ("position");

--
-- Name: benefit_files benefit_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.benefit_files
    ADD CONSTRAINT benefit_files_pkey PRIMARY KEY (sha256);

--
-- Name: benefit_requests benefit_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.benefit_requests
    ADD CONSTRAINT benefit_requests_pkey PRIMARY KEY (lead_id, benefit);

--
-- Name: budgets budgets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_pkey PRIMARY KEY (bucket, window_start);

--
-- Name: calendar_days calendar_days_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_days
    ADD CONSTRAINT calendar_days_pkey PRIMARY KEY (day);

--
-- Name: calendar_years calendar_years_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_years
    ADD CONSTRAINT calendar_years_pkey PRIMARY KEY (year);

--
-- Name: call_attempts call_attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT call_attempts_pkey PRIMARY KEY (id);

--
-- Name: call_undos call_undos_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_undos
    ADD CONSTRAINT call_undos_pkey PRIMARY KEY (task_id);

--
-- Name: callback_claims callback_claims_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_claims
    ADD CONSTRAINT callback_claims_pkey PRIMARY KEY (task_id, claim_number);

--
-- Name: callback_events callback_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_events
    ADD CONSTRAINT callback_events_pkey PRIMARY KEY (id);

--
-- Name: callback_pauses callback_pauses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_pauses
    ADD CONSTRAINT callback_pauses_pkey PRIMARY KEY (id);

--
-- Name: callback_tasks callback_tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_tasks
    ADD CONSTRAINT callback_tasks_pkey PRIMARY KEY (id);

--
-- Name: callback_viewers callback_viewers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_viewers
    ADD CONSTRAINT callback_viewers_pkey PRIMARY KEY (staff_id);

--
-- Name: calls calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (id);

--
-- Name: closure_reviews closure_reviews_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closure_reviews
    ADD CONSTRAINT closure_reviews_pkey PRIMARY KEY (attempt_id);

--
-- Name: company_day_changes company_day_changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.company_day_changes
    ADD CONSTRAINT company_day_changes_pkey PRIMARY KEY (is_only);

--
-- Name: company_days company_days_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.company_days
    ADD CONSTRAINT company_days_pkey PRIMARY KEY (day);

--
-- Name: company_logos company_logos_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.company_logos
    ADD CONSTRAINT company_logos_pkey PRIMARY KEY (sha256);

--
-- Name: consents consents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (id);

--
-- Name: deadline_moves deadline_moves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deadline_moves
    ADD CONSTRAINT deadline_moves_pkey PRIMARY KEY (inquiry_id, moved_at);

--
-- Name: do_not_call do_not_call_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.do_not_call
    ADD CONSTRAINT do_not_call_pkey PRIMARY KEY (phone_index);

--
-- Name: staff_alerts each_occasion_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alerts
    ADD CONSTRAINT each_occasion_once UNIQUE (kind, about);

--
-- Name: staff_alerts each_stage_of_a_promise_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alerts
    ADD CONSTRAINT each_stage_of_a_promise_once UNIQUE (task_id, kind, due_at);

--
-- Name: eligibility_checks eligibility_checks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.eligibility_checks
    ADD CONSTRAINT eligibility_checks_pkey PRIMARY KEY (lead_id, rule_version);

--
-- Name: erasure_tombstones erasure_tombstones_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erasure_tombstones
    ADD CONSTRAINT erasure_tombstones_pkey PRIMARY KEY (lead_id);

--
-- Name: export_chunks export_chunks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_chunks
    ADD CONSTRAINT export_chunks_pkey PRIMARY KEY (job_id, "position");

--
-- Name: export_jobs export_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_pkey PRIMARY KEY (id);

--
-- Name: export_leads export_leads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_leads
    ADD CONSTRAINT export_leads_pkey PRIMARY KEY (lead_id, export_id);

--
-- Name: export_records export_records_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_records
    ADD CONSTRAINT export_records_pkey PRIMARY KEY (id);

--
-- Name: gateway_attempts gateway_attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gateway_attempts
    ADD CONSTRAINT gateway_attempts_pkey PRIMARY KEY (message_id, attempt, "position");

--
-- Name: inquiries inquiries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inquiries
    ADD CONSTRAINT inquiries_pkey PRIMARY KEY (id);

--
-- Name: job_holds job_holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_holds
    ADD CONSTRAINT job_holds_pkey PRIMARY KEY (name);

--
-- Name: job_runs job_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_pkey PRIMARY KEY (name);

--
-- Name: key_checks key_checks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.key_checks
    ADD CONSTRAINT key_checks_pkey PRIMARY KEY (number);

--
-- Name: lead_import_inquiries lead_import_inquiries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_inquiries
    ADD CONSTRAINT lead_import_inquiries_pkey PRIMARY KEY (inquiry_id);

--
-- Name: lead_import_parts lead_import_parts_import_id_position_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_parts
    ADD CONSTRAINT lead_import_parts_import_id_position_key UNIQUE (import_id, "position");

--
-- Name: lead_import_parts lead_import_parts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_parts
    ADD CONSTRAINT lead_import_parts_pkey PRIMARY KEY (id);

--
-- Name: lead_import_refusals lead_import_refusals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_refusals
    ADD CONSTRAINT lead_import_refusals_pkey PRIMARY KEY (import_id, line);

--
-- Name: lead_imports lead_imports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_imports
    ADD CONSTRAINT lead_imports_pkey PRIMARY KEY (id);

--
-- Name: lead_permits lead_permits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_permits
    ADD CONSTRAINT lead_permits_pkey PRIMARY KEY (lead_id);

--
-- Name: leads leads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (id);

--
-- Name: login_failures login_failures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (bucket);

--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

--
-- Name: consents one_consent_per_purpose; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT one_consent_per_purpose UNIQUE (inquiry_id, purpose);

--
-- Name: leads one_lead_per_phone; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT one_lead_per_phone UNIQUE (phone_index);

--
-- Name: leads one_lead_per_phone_next; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT one_lead_per_phone_next UNIQUE (phone_index_next);

--
-- Name: missed_call_messages one_missed_call_message_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.missed_call_messages
    ADD CONSTRAINT one_missed_call_message_a_day PRIMARY KEY (lead_id, day);

--
-- Name: permit_reminders one_reminder_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_reminders
    ADD CONSTRAINT one_reminder_per_day PRIMARY KEY (lead_id, remind_on);

--
-- Name: points_rule_versions one_rule_set_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.points_rule_versions
    ADD CONSTRAINT one_rule_set_a_day UNIQUE (effective_from);

--
-- Name: sites one_site_per_form_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sites
    ADD CONSTRAINT one_site_per_form_key UNIQUE (form_key);

--
-- Name: trial_messages one_trial_of_a_number_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trial_messages
    ADD CONSTRAINT one_trial_of_a_number_a_day UNIQUE (day, number);

--
-- Name: pending_reports pending_reports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pending_reports
    ADD CONSTRAINT pending_reports_pkey PRIMARY KEY (gateway, vendor_id);

--
-- Name: permit_calls permit_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_calls
    ADD CONSTRAINT permit_calls_pkey PRIMARY KEY (lead_id, valid_until);

--
-- Name: phone_budgets phone_budgets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.phone_budgets
    ADD CONSTRAINT phone_budgets_pkey PRIMARY KEY (phone_index);

--
-- Name: points_rule_versions points_rule_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.points_rule_versions
    ADD CONSTRAINT points_rule_versions_pkey PRIMARY KEY (version);

--
-- Name: privacy_cases privacy_cases_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_cases
    ADD CONSTRAINT privacy_cases_pkey PRIMARY KEY (id);

--
-- Name: privacy_notices privacy_notices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_notices
    ADD CONSTRAINT privacy_notices_pkey PRIMARY KEY (version);

--
-- Name: privacy_requests privacy_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_requests
    ADD CONSTRAINT privacy_requests_pkey PRIMARY KEY (id);

--
-- Name: quarantined_inquiries quarantined_inquiries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantined_inquiries
    ADD CONSTRAINT quarantined_inquiries_pkey PRIMARY KEY (inquiry_id);

--
-- Name: call_attempts results_are_repeatable; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT results_are_repeatable UNIQUE (task_id, adviser_id, idempotency_key);

--
-- Name: robot_alerts robot_alerts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robot_alerts
    ADD CONSTRAINT robot_alerts_pkey PRIMARY KEY (robot_id, alert_id);

--
-- Name: robot_posts robot_posts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robot_posts
    ADD CONSTRAINT robot_posts_pkey PRIMARY KEY (id);

--
-- Name: robots robots_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robots
    ADD CONSTRAINT robots_name_key UNIQUE (name);

--
-- Name: robots robots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robots
    ADD CONSTRAINT robots_pkey PRIMARY KEY (id);

--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

--
-- Name: second_numbers second_numbers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.second_numbers
    ADD CONSTRAINT second_numbers_pkey PRIMARY KEY (lead_id);

--
-- Name: send_alarms send_alarms_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.send_alarms
    ADD CONSTRAINT send_alarms_pkey PRIMARY KEY (bucket, window_start, percent);

--
-- Name: send_breaker send_breaker_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.send_breaker
    ADD CONSTRAINT send_breaker_pkey PRIMARY KEY (id);

--
-- Name: send_budgets send_budgets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.send_budgets
    ADD CONSTRAINT send_budgets_pkey PRIMARY KEY (bucket, window_start, slot);

--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key, effective_at);

--
-- Name: sites sites_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sites
    ADD CONSTRAINT sites_pkey PRIMARY KEY (name);

--
-- Name: staff_alert_readers staff_alert_readers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alert_readers
    ADD CONSTRAINT staff_alert_readers_pkey PRIMARY KEY (staff_id, alert_id);

--
-- Name: staff_alerts staff_alerts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alerts
    ADD CONSTRAINT staff_alerts_pkey PRIMARY KEY (id);

--
-- Name: staff_leaves staff_leaves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_leaves
    ADD CONSTRAINT staff_leaves_pkey PRIMARY KEY (id);

--
-- Name: staff staff_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

--
-- Name: staff_sessions staff_sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_sessions
    ADD CONSTRAINT staff_sessions_pkey PRIMARY KEY (token_hash);

--
-- Name: staff_shifts staff_shifts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_shifts
    ADD CONSTRAINT staff_shifts_pkey PRIMARY KEY (staff_id, weekday, starts);

--
-- Name: staff_totp staff_totp_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_totp
    ADD CONSTRAINT staff_totp_pkey PRIMARY KEY (id);

--
-- Name: staff staff_username_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_username_key UNIQUE (username);

--
-- Name: statistics_advisers statistics_advisers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_advisers
    ADD CONSTRAINT statistics_advisers_pkey PRIMARY KEY (day, adviser_id);

--
-- Name: statistics_counts statistics_counts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_counts
    ADD CONSTRAINT statistics_counts_pkey PRIMARY KEY (day, number, name);

--
-- Name: statistics_days statistics_days_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_days
    ADD CONSTRAINT statistics_days_pkey PRIMARY KEY (day);

--
-- Name: statistics_marks statistics_marks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_marks
    ADD CONSTRAINT statistics_marks_pkey PRIMARY KEY ("position");

--
-- Name: statistics_messages statistics_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_messages
    ADD CONSTRAINT statistics_messages_pkey PRIMARY KEY (day, gateway, operator);

--
-- Name: submit_keys submit_keys_per_phone; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.submit_keys
    ADD CONSTRAINT submit_keys_per_phone UNIQUE (phone_index, idempotency_key);

--
-- Name: submit_keys submit_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.submit_keys
    ADD CONSTRAINT submit_keys_pkey PRIMARY KEY (inquiry_id);

--
-- Name: submit_locks submit_locks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.submit_locks
    ADD CONSTRAINT submit_locks_pkey PRIMARY KEY (key);

--
-- Name: telephone_secrets telephone_secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.telephone_secrets
    ADD CONSTRAINT telephone_secrets_pkey PRIMARY KEY (one);

--
-- Name: trial_messages trial_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trial_messages
    ADD CONSTRAINT trial_messages_pkey PRIMARY KEY (message_id);

--
-- Name: used_proofs used_proofs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.used_proofs
    ADD CONSTRAINT used_proofs_pkey PRIMARY KEY (key);

--
-- Name: verification_challenges verification_challenges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.verification_challenges
    ADD CONSTRAINT verification_challenges_pkey PRIMARY KEY (id);

--
-- Name: verification_counters verification_counters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.verification_counters
    ADD CONSTRAINT verification_counters_pkey PRIMARY KEY (phone_index, purpose);

--
-- Name: webhook_deliveries webhook_deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY ("position");

--
-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

--
-- Name: wechat_contacts wechat_contacts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wechat_contacts
    ADD CONSTRAINT wechat_contacts_pkey PRIMARY KEY (lead_id);

--
-- Name: withheld_codes withheld_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.withheld_codes
    ADD CONSTRAINT withheld_codes_pkey PRIMARY KEY (challenge_id);

--
-- Name: a_file_comes_in_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX a_file_comes_in_once ON public.lead_imports USING btree (sha256) WHERE ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text])) OR ((state = 'failed'::text) AND ((added + joined) > 0)));

--
-- Name: api_keys_by_previous_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_keys_by_previous_hash ON public.api_keys USING btree (previous_hash) WHERE (previous_hash IS NOT NULL);

--
-- Name: assessment_reviews_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX assessment_reviews_by_lead ON public.assessment_reviews USING btree (lead_id, reviewed_at);

--
-- Name: assessment_reviews_by_staff; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX assessment_reviews_by_staff ON public.assessment_reviews USING btree (reviewed_by);

--
-- Name: audit_events_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_events_by_object ON public.audit_events USING btree (object, at DESC, id DESC);

--
-- Name: audit_events_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_events_by_time ON public.audit_events USING btree (at DESC, id DESC);

--
-- Name: benefit_requests_by_inquiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX benefit_requests_by_inquiry ON public.benefit_requests USING btree (inquiry_id);

--
-- Name: budgets_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX budgets_by_age ON public.budgets USING btree (window_start);

--
-- Name: calendar_days_by_year; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX calendar_days_by_year ON public.calendar_days USING btree (year);

--
-- Name: call_attempts_by_adviser; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_attempts_by_adviser ON public.call_attempts USING btree (adviser_id, at);

--
-- Name: call_attempts_by_target; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_attempts_by_target ON public.call_attempts USING btree (merge_into) WHERE (merge_into IS NOT NULL);

--
-- Name: call_attempts_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_attempts_by_time ON public.call_attempts USING btree (at) WHERE counts;

--
-- Name: call_attempts_closing_uncalled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_attempts_closing_uncalled ON public.call_attempts USING btree (at) WHERE ((closed_reason IS NOT NULL) AND (NOT counts));

--
-- Name: call_attempts_converted; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_attempts_converted ON public.call_attempts USING btree (task_id) WHERE (disposition = 'converted'::text);

--
-- Name: callback_claims_by_adviser; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_claims_by_adviser ON public.callback_claims USING btree (adviser_id, claimed_at);

--
-- Name: callback_claims_by_phone_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_claims_by_phone_lead ON public.callback_claims USING btree (phone_lead_id) WHERE (phone_lead_id IS NOT NULL);

--
-- Name: callback_events_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_events_by_task ON public.callback_events USING btree (task_id, at);

--
-- Name: callback_pauses_by_staff; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_pauses_by_staff ON public.callback_pauses USING btree (paused_by);

--
-- Name: callback_pauses_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_pauses_by_task ON public.callback_pauses USING btree (task_id, paused_at);

--
-- Name: callback_tasks_appointments; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_appointments ON public.callback_tasks USING btree (next_attempt_at, due_at, accepted_at, id) WHERE ((state = 'open'::text) AND (call_again_at IS NOT NULL));

--
-- Name: callback_tasks_by_inquiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_by_inquiry ON public.callback_tasks USING btree (latest_inquiry_id);

--
-- Name: callback_tasks_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_by_lead ON public.callback_tasks USING btree (lead_id);

--
-- Name: callback_tasks_changed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_changed ON public.callback_tasks USING btree (changed_in);

--
-- Name: callback_tasks_closed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_closed ON public.callback_tasks USING btree (closed_at DESC, id) WHERE (state = 'closed'::text);

--
-- Name: callback_tasks_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_due ON public.callback_tasks USING btree (due_at, id) WHERE (state = 'open'::text);

--
-- Name: callback_tasks_met; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_met ON public.callback_tasks USING btree (next_attempt_at, due_at, accepted_at, id) WHERE ((state = 'open'::text) AND (met_at IS NOT NULL));

--
-- Name: callback_tasks_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_newest ON public.callback_tasks USING btree (newest_inquiry_at DESC) WHERE ((state = 'open'::text) AND (met_at IS NULL));

--
-- Name: callback_tasks_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_open ON public.callback_tasks USING btree (next_attempt_at) WHERE (state = 'open'::text);

--
-- Name: callback_tasks_owned; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_owned ON public.callback_tasks USING btree (owner_id, next_attempt_at) WHERE ((state = 'open'::text) AND (owner_id IS NOT NULL));

--
-- Name: callback_tasks_paused; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_paused ON public.callback_tasks USING btree (next_attempt_at, id) WHERE (state = 'paused'::text);

--
-- Name: callback_tasks_unmet; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX callback_tasks_unmet ON public.callback_tasks USING btree (due_at, accepted_at, id) WHERE ((state = 'open'::text) AND (met_at IS NULL));

--
-- Name: calls_by_claim; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX calls_by_claim ON public.calls USING btree (task_id, claim_number);

--
-- Name: calls_to_send; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX calls_to_send ON public.calls USING btree (send_at) WHERE (send_at IS NOT NULL);

--
-- Name: calls_unsettled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX calls_unsettled ON public.calls USING btree (requested_at) WHERE ((state = 'requested'::text) AND (taken_at IS NULL));

--
-- Name: closure_reviews_by_staff; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX closure_reviews_by_staff ON public.closure_reviews USING btree (reviewed_by);

--
-- Name: consents_by_inquiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_by_inquiry ON public.consents USING btree (inquiry_id) WHERE (inquiry_id IS NOT NULL);

--
-- Name: consents_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_by_lead ON public.consents USING btree (lead_id, given_at);

--
-- Name: consents_by_recorder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_by_recorder ON public.consents USING btree (recorded_by) WHERE (recorded_by IS NOT NULL);

--
-- Name: consents_to_remind; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_to_remind ON public.consents USING btree (reminder_valid_until) WHERE ((purpose = 'reminder'::text) AND (withdrawn_at IS NULL));

--
-- Name: consents_withdrawn; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_withdrawn ON public.consents USING btree (withdrawn_at) WHERE (withdrawn_at IS NOT NULL);

--
-- Name: erasure_tombstones_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX erasure_tombstones_by_age ON public.erasure_tombstones USING btree (erased_at);

--
-- Name: export_jobs_by_approver; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_jobs_by_approver ON public.export_jobs USING btree (approved_by) WHERE (approved_by IS NOT NULL);

--
-- Name: export_jobs_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_jobs_by_person ON public.export_jobs USING btree (requested_by, id);

--
-- Name: export_jobs_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_jobs_waiting ON public.export_jobs USING btree (requested_at, id) WHERE (state = ANY (ARRAY['waiting_approval'::text, 'queued'::text, 'running'::text]));

--
-- Name: export_jobs_with_file; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_jobs_with_file ON public.export_jobs USING btree (expires_at) WHERE (state = 'done'::text);

--
-- Name: export_leads_by_export; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_leads_by_export ON public.export_leads USING btree (export_id);

--
-- Name: export_records_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_records_by_age ON public.export_records USING btree (at);

--
-- Name: gateway_attempts_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX gateway_attempts_by_age ON public.gateway_attempts USING btree (at);

--
-- Name: inquiries_by_acceptance; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX inquiries_by_acceptance ON public.inquiries USING btree (accepted_at);

--
-- Name: inquiries_by_assessment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX inquiries_by_assessment ON public.inquiries USING btree (assessment_id) WHERE (assessment_id IS NOT NULL);

--
-- Name: inquiries_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX inquiries_by_lead ON public.inquiries USING btree (lead_id, accepted_at);

--
-- Name: inquiries_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX inquiries_by_name ON public.inquiries USING btree (name_index);

--
-- Name: inquiries_by_site; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX inquiries_by_site ON public.inquiries USING btree (site, accepted_at) WHERE (site IS NOT NULL);

--
-- Name: lead_import_inquiries_by_import; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_import_inquiries_by_import ON public.lead_import_inquiries USING btree (import_id, inquiry_id);

--
-- Name: lead_import_inquiries_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_import_inquiries_by_task ON public.lead_import_inquiries USING btree (task_id) WHERE (NOT opened);

--
-- Name: lead_imports_to_do; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_imports_to_do ON public.lead_imports USING btree (made_at) WHERE (state = ANY (ARRAY['draft'::text, 'queued'::text, 'running'::text]));

--
-- Name: lead_permits_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_permits_by_end ON public.lead_permits USING btree (valid_until);

--
-- Name: leads_by_creation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_by_creation ON public.leads USING btree (created_at, id);

--
-- Name: leads_by_last_four; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_by_last_four ON public.leads USING btree (last_four_index);

--
-- Name: leads_erased; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_erased ON public.leads USING btree (erased_at) WHERE (erased_at IS NOT NULL);

--
-- Name: leads_merged; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_merged ON public.leads USING btree (merged_into) WHERE (merged_into IS NOT NULL);

--
-- Name: messages_by_challenge; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_challenge ON public.messages USING btree (challenge_id) WHERE (challenge_id IS NOT NULL);

--
-- Name: messages_by_phone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_phone ON public.messages USING btree (phone_index) WHERE (phone_index IS NOT NULL);

--
-- Name: messages_by_vendor_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_vendor_id ON public.messages USING btree (vendor_id) WHERE (vendor_id IS NOT NULL);

--
-- Name: messages_finished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_finished ON public.messages USING btree (finished_at) WHERE (finished_at IS NOT NULL);

--
-- Name: messages_sending; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_sending ON public.messages USING btree (lease_until) WHERE (state = 'sending'::text);

--
-- Name: messages_to_ask_about; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_to_ask_about ON public.messages USING btree (query_at) WHERE (query_at IS NOT NULL);

--
-- Name: messages_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_waiting ON public.messages USING btree (send_at) WHERE (state = 'queued'::text);

--
-- Name: missed_call_messages_by_attempt; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX missed_call_messages_by_attempt ON public.missed_call_messages USING btree (attempt_id);

--
-- Name: missed_call_messages_by_message; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX missed_call_messages_by_message ON public.missed_call_messages USING btree (message_id);

--
-- Name: one_call_at_a_time; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_call_at_a_time ON public.calls USING btree (task_id, claim_number) WHERE ((state = 'requested'::text) AND (taken_at IS NULL));

--
-- Name: one_claim_of_a_kind_per_adviser; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_claim_of_a_kind_per_adviser ON public.callback_tasks USING btree (claimed_by, claim_kind) WHERE (claimed_by IS NOT NULL);

--
-- Name: one_daily_post_per_robot; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_daily_post_per_robot ON public.robot_posts USING btree (robot_id, kind, day) WHERE (kind <> 'alerts'::text);

--
-- Name: one_export_job_of_a_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_export_job_of_a_kind ON public.export_jobs USING btree (requested_by, fingerprint) WHERE (state = ANY (ARRAY['waiting_approval'::text, 'queued'::text, 'running'::text]));

--
-- Name: one_live_key_of_a_name; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_live_key_of_a_name ON public.api_keys USING btree (name) WHERE (revoked_at IS NULL);

--
-- Name: one_notice_of_a_kind_per_inquiry; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_notice_of_a_kind_per_inquiry ON public.messages USING btree (inquiry_id, template) WHERE (inquiry_id IS NOT NULL);

--
-- Name: one_open_task_per_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_open_task_per_lead ON public.callback_tasks USING btree (lead_id) WHERE (state <> 'closed'::text);

--
-- Name: one_result_per_claim; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_result_per_claim ON public.call_attempts USING btree (task_id, claim_number) WHERE (refused IS NULL);

--
-- Name: one_second_factor; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_second_factor ON public.staff_totp USING btree (staff_id) WHERE (confirmed_at IS NOT NULL);

--
-- Name: one_second_factor_begun; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_second_factor_begun ON public.staff_totp USING btree (staff_id) WHERE (confirmed_at IS NULL);

--
-- Name: open_privacy_cases; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX open_privacy_cases ON public.privacy_cases USING btree (due_on, id) WHERE (closed_at IS NULL);

--
-- Name: pending_reports_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pending_reports_by_age ON public.pending_reports USING btree (received_at);

--
-- Name: pending_reports_by_message; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pending_reports_by_message ON public.pending_reports USING btree (message_id) WHERE (message_id IS NOT NULL);

--
-- Name: permit_calls_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX permit_calls_by_task ON public.permit_calls USING btree (task_id);

--
-- Name: permit_reminders_by_message; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX permit_reminders_by_message ON public.permit_reminders USING btree (message_id);

--
-- Name: privacy_requests_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX privacy_requests_by_age ON public.privacy_requests USING btree (requested_at DESC, id DESC);

--
-- Name: privacy_requests_by_case; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX privacy_requests_by_case ON public.privacy_requests USING btree (case_id) WHERE (case_id IS NOT NULL);

--
-- Name: privacy_requests_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX privacy_requests_by_lead ON public.privacy_requests USING btree (lead_id) WHERE (lead_id IS NOT NULL);

--
-- Name: privacy_requests_by_number; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX privacy_requests_by_number ON public.privacy_requests USING btree (pseudonym, requested_at);

--
-- Name: quarantined_inquiries_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX quarantined_inquiries_by_state ON public.quarantined_inquiries USING btree (state, submitted_at DESC, inquiry_id DESC);

--
-- Name: robot_alerts_by_alert; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX robot_alerts_by_alert ON public.robot_alerts USING btree (alert_id);

--
-- Name: robot_posts_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX robot_posts_by_age ON public.robot_posts USING btree (created_at);

--
-- Name: robot_posts_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX robot_posts_waiting ON public.robot_posts USING btree (robot_id, send_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

--
-- Name: send_budgets_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX send_budgets_by_age ON public.send_budgets USING btree (window_start);

--
-- Name: staff_alert_readers_by_alert; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX staff_alert_readers_by_alert ON public.staff_alert_readers USING btree (alert_id);

--
-- Name: staff_alert_readers_unread; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX staff_alert_readers_unread ON public.staff_alert_readers USING btree (staff_id) WHERE (read_at IS NULL);

--
-- Name: staff_alerts_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX staff_alerts_by_age ON public.staff_alerts USING btree (created_at);

--
-- Name: staff_leaves_by_staff; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX staff_leaves_by_staff ON public.staff_leaves USING btree (staff_id, last_day);

--
-- Name: staff_sessions_by_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX staff_sessions_by_id ON public.staff_sessions USING btree (id);

--
-- Name: staff_sessions_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX staff_sessions_by_person ON public.staff_sessions USING btree (staff_id, created_at);

--
-- Name: used_proofs_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX used_proofs_by_age ON public.used_proofs USING btree (expires_at);

--
-- Name: verification_challenges_by_issue; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX verification_challenges_by_issue ON public.verification_challenges USING btree (issued_at);

--
-- Name: verification_challenges_by_phone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX verification_challenges_by_phone ON public.verification_challenges USING btree (phone_index, purpose, expires_at);

--
-- Name: webhook_deliveries_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_deliveries_by_age ON public.webhook_deliveries USING btree (created_at);

--
-- Name: webhook_deliveries_dead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_deliveries_dead ON public.webhook_deliveries USING btree (webhook_id) WHERE (state = 'dead'::text);

--
-- Name: webhook_deliveries_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (webhook_id, next_attempt_at, "position") WHERE (state = 'queued'::text);

--
-- Name: webhook_deliveries_of_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_deliveries_of_lead ON public.webhook_deliveries USING btree (webhook_id, lead_id, "position") WHERE (state = 'queued'::text);

--
-- Name: webhook_deliveries_of_webhook; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_deliveries_of_webhook ON public.webhook_deliveries USING btree (webhook_id, "position");

--
-- Name: wechat_contacts_by_staff; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX wechat_contacts_by_staff ON public.wechat_contacts USING btree (added_by);

--
-- Name: withheld_codes_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX withheld_codes_by_age ON public.withheld_codes USING btree (expires_at);

--
-- Name: callback_tasks callback_tasks_added; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER callback_tasks_added BEFORE INSERT ON public.callback_tasks FOR EACH ROW EXECUTE FUNCTION public.mark_task_changed();

--
-- Name: callback_tasks callback_tasks_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER callback_tasks_changed BEFORE UPDATE ON public.callback_tasks FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.mark_task_changed();

--
-- Name: callback_claims mark_changed_claim; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_changed_claim AFTER UPDATE OF revealed_at, kind ON public.callback_claims FOR EACH ROW WHEN (((old.revealed_at IS DISTINCT FROM new.revealed_at) OR (old.kind IS DISTINCT FROM new.kind))) EXECUTE FUNCTION public.mark_claim();

--
-- Name: inquiries mark_changed_inquiry; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_changed_inquiry AFTER UPDATE OF lead_id, accepted_at, due_at, met_at, cancelled_at, quarantined, source, assessment_id ON public.inquiries FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.mark_inquiry();

--
-- Name: call_attempts mark_changed_result; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_changed_result AFTER UPDATE OF counts, refused, disposition, closed_reason ON public.call_attempts FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.mark_result();

--
-- Name: callback_claims mark_deleted_claim; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_deleted_claim AFTER DELETE ON public.callback_claims FOR EACH ROW EXECUTE FUNCTION public.mark_claim();

--
-- Name: inquiries mark_deleted_inquiry; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_deleted_inquiry AFTER DELETE ON public.inquiries FOR EACH ROW EXECUTE FUNCTION public.mark_inquiry();

--
-- Name: call_attempts mark_deleted_result; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_deleted_result AFTER DELETE ON public.call_attempts FOR EACH ROW EXECUTE FUNCTION public.mark_result();

--
-- Name: callback_tasks mark_deleted_task; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_deleted_task AFTER DELETE ON public.callback_tasks FOR EACH ROW EXECUTE FUNCTION public.mark_changed_task();

--
-- Name: calls mark_dialled_call; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_dialled_call AFTER UPDATE OF dialled_at ON public.calls FOR EACH ROW WHEN ((old.dialled_at IS DISTINCT FROM new.dialled_at)) EXECUTE FUNCTION public.mark_dialled_call();

--
-- Name: callback_tasks mark_ended_task; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_ended_task AFTER UPDATE OF lead_id, closed_at, closed_reason ON public.callback_tasks FOR EACH ROW WHEN ((((old.lead_id IS DISTINCT FROM new.lead_id) OR (old.closed_at IS DISTINCT FROM new.closed_at)) OR (old.closed_reason IS DISTINCT FROM new.closed_reason))) EXECUTE FUNCTION public.mark_changed_task();

--
-- Name: leads mark_merged_lead; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_merged_lead AFTER UPDATE OF merged_into ON public.leads FOR EACH ROW WHEN ((old.merged_into IS DISTINCT FROM new.merged_into)) EXECUTE FUNCTION public.mark_merge();

--
-- Name: calls mark_new_dialled_call; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_new_dialled_call AFTER INSERT ON public.calls FOR EACH ROW WHEN ((new.dialled_at IS NOT NULL)) EXECUTE FUNCTION public.mark_dialled_call();

--
-- Name: call_attempts mark_new_result; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_new_result AFTER INSERT ON public.call_attempts FOR EACH ROW WHEN ((new.refused IS NULL)) EXECUTE FUNCTION public.mark_result();

--
-- Name: messages mark_reported_message; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_reported_message AFTER UPDATE OF state, gateway, operator, segments, delivery, delivery_at, finished_at ON public.messages FOR EACH ROW WHEN (((old.finished_at IS NOT NULL) AND (((((((old.state IS DISTINCT FROM new.state) OR (old.gateway IS DISTINCT FROM new.gateway)) OR (old.operator IS DISTINCT FROM new.operator)) OR (old.segments IS DISTINCT FROM new.segments)) OR (old.delivery IS DISTINCT FROM new.delivery)) OR (old.delivery_at IS DISTINCT FROM new.delivery_at)) OR (old.finished_at IS DISTINCT FROM new.finished_at)))) EXECUTE FUNCTION public.mark_message();

--
-- Name: inquiries source_is_kept; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER source_is_kept BEFORE UPDATE OF source ON public.inquiries FOR EACH ROW WHEN (((new.source IS DISTINCT FROM old.source) AND (new.source <> '{}'::jsonb))) EXECUTE FUNCTION public.keep_source();

--
-- Name: call_attempts tell_of_call; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_call AFTER INSERT ON public.call_attempts FOR EACH ROW WHEN ((new.refused IS NULL)) EXECUTE FUNCTION public.tell_of_call();

--
-- Name: callback_claims tell_of_claim; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_claim AFTER INSERT ON public.callback_claims FOR EACH ROW EXECUTE FUNCTION public.tell_of_claim();

--
-- Name: callback_tasks tell_of_closing; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tell_of_closing AFTER UPDATE ON public.callback_tasks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.state <> 'closed'::text) AND (new.state = 'closed'::text))) EXECUTE FUNCTION public.tell_of_closing();

--
-- Name: erasure_tombstones tell_of_erasure; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tell_of_erasure AFTER INSERT ON public.erasure_tombstones DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tell_of_erasure();

--
-- Name: export_records tell_of_export; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_export AFTER UPDATE OF state ON public.export_records FOR EACH ROW WHEN (((old.state = 'running'::text) AND (new.state = 'done'::text))) EXECUTE FUNCTION public.tell_of_export();

--
-- Name: inquiries tell_of_inquiry; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_inquiry AFTER INSERT ON public.inquiries FOR EACH ROW WHEN ((NOT new.quarantined)) EXECUTE FUNCTION public.tell_of_inquiry();

--
-- Name: leads tell_of_lead; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_lead AFTER INSERT ON public.leads FOR EACH ROW EXECUTE FUNCTION public.tell_of_lead();

--
-- Name: staff_alerts tell_of_promise; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_promise AFTER INSERT ON public.staff_alerts FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['sla_half'::text, 'sla_most'::text, 'sla_broken'::text]))) EXECUTE FUNCTION public.tell_of_promise();

--
-- Name: inquiries tell_of_released_inquiry; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_released_inquiry AFTER UPDATE OF quarantined ON public.inquiries FOR EACH ROW WHEN ((old.quarantined AND (NOT new.quarantined))) EXECUTE FUNCTION public.tell_of_inquiry();

--
-- Name: callback_events tell_of_reopening; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_reopening AFTER INSERT ON public.callback_events FOR EACH ROW EXECUTE FUNCTION public.tell_of_reopening();

--
-- Name: consents tell_of_withdrawal; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_of_withdrawal AFTER UPDATE OF withdrawn_at ON public.consents FOR EACH ROW WHEN (((old.withdrawn_at IS NULL) AND (new.withdrawn_at IS NOT NULL))) EXECUTE FUNCTION public.tell_of_withdrawal();

--
-- Name: api_keys api_keys_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.staff(id);

--
-- Name: assessment_items assessment_items_assessment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_items
    ADD CONSTRAINT assessment_items_assessment_id_fkey FOREIGN KEY (assessment_id) REFERENCES public.assessments(id) ON DELETE CASCADE;

--
-- Name: assessment_reviews assessment_reviews_assessment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_reviews
    ADD CONSTRAINT assessment_reviews_assessment_id_fkey FOREIGN KEY (assessment_id) REFERENCES public.assessments(id) ON DELETE CASCADE;

--
-- Name: assessment_reviews assessment_reviews_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_reviews
    ADD CONSTRAINT assessment_reviews_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: assessment_reviews assessment_reviews_reviewed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessment_reviews
    ADD CONSTRAINT assessment_reviews_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.staff(id);

--
-- Name: assessments assessments_rule_version_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assessments
    ADD CONSTRAINT assessments_rule_version_fkey FOREIGN KEY (rule_version) REFERENCES public.points_rule_versions(version);

--
-- Name: audit_details audit_details_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_details
    ADD CONSTRAINT audit_details_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.audit_events(id);

--
-- Name: audit_links audit_links_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_links
    ADD CONSTRAINT audit_links_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.audit_events(id);

--
-- Name: benefit_requests benefit_requests_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.benefit_requests
    ADD CONSTRAINT benefit_requests_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id) ON DELETE CASCADE;

--
-- Name: benefit_requests benefit_requests_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.benefit_requests
    ADD CONSTRAINT benefit_requests_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: calendar_days calendar_days_year_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_days
    ADD CONSTRAINT calendar_days_year_fkey FOREIGN KEY (year) REFERENCES public.calendar_years(year) ON DELETE CASCADE;

--
-- Name: call_attempts call_attempts_adviser_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT call_attempts_adviser_id_fkey FOREIGN KEY (adviser_id) REFERENCES public.staff(id);

--
-- Name: call_attempts call_attempts_merge_into_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT call_attempts_merge_into_fkey FOREIGN KEY (merge_into) REFERENCES public.leads(id);

--
-- Name: call_attempts call_attempts_task_id_claim_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT call_attempts_task_id_claim_number_fkey FOREIGN KEY (task_id, claim_number) REFERENCES public.callback_claims(task_id, claim_number);

--
-- Name: call_attempts call_attempts_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_attempts
    ADD CONSTRAINT call_attempts_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id);

--
-- Name: call_undos call_undos_adviser_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_undos
    ADD CONSTRAINT call_undos_adviser_id_fkey FOREIGN KEY (adviser_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: call_undos call_undos_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_undos
    ADD CONSTRAINT call_undos_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: callback_claims callback_claims_adviser_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_claims
    ADD CONSTRAINT callback_claims_adviser_id_fkey FOREIGN KEY (adviser_id) REFERENCES public.staff(id);

--
-- Name: callback_claims callback_claims_phone_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_claims
    ADD CONSTRAINT callback_claims_phone_lead_id_fkey FOREIGN KEY (phone_lead_id) REFERENCES public.leads(id);

--
-- Name: callback_claims callback_claims_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_claims
    ADD CONSTRAINT callback_claims_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id);

--
-- Name: callback_events callback_events_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_events
    ADD CONSTRAINT callback_events_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE SET NULL;

--
-- Name: callback_events callback_events_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_events
    ADD CONSTRAINT callback_events_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: callback_pauses callback_pauses_paused_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_pauses
    ADD CONSTRAINT callback_pauses_paused_by_fkey FOREIGN KEY (paused_by) REFERENCES public.staff(id);

--
-- Name: callback_pauses callback_pauses_resumed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_pauses
    ADD CONSTRAINT callback_pauses_resumed_by_fkey FOREIGN KEY (resumed_by) REFERENCES public.staff(id);

--
-- Name: callback_pauses callback_pauses_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_pauses
    ADD CONSTRAINT callback_pauses_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: callback_tasks callback_tasks_claimed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_tasks
    ADD CONSTRAINT callback_tasks_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES public.staff(id);

--
-- Name: callback_tasks callback_tasks_latest_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_tasks
    ADD CONSTRAINT callback_tasks_latest_inquiry_id_fkey FOREIGN KEY (latest_inquiry_id) REFERENCES public.inquiries(id);

--
-- Name: callback_tasks callback_tasks_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_tasks
    ADD CONSTRAINT callback_tasks_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: callback_tasks callback_tasks_owner_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_tasks
    ADD CONSTRAINT callback_tasks_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.staff(id);

--
-- Name: callback_viewers callback_viewers_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_viewers
    ADD CONSTRAINT callback_viewers_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: callback_viewers callback_viewers_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.callback_viewers
    ADD CONSTRAINT callback_viewers_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: calls calls_task_id_claim_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_task_id_claim_number_fkey FOREIGN KEY (task_id, claim_number) REFERENCES public.callback_claims(task_id, claim_number) ON DELETE CASCADE;

--
-- Name: closure_reviews closure_reviews_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closure_reviews
    ADD CONSTRAINT closure_reviews_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.call_attempts(id) ON DELETE CASCADE;

--
-- Name: closure_reviews closure_reviews_reviewed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closure_reviews
    ADD CONSTRAINT closure_reviews_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.staff(id);

--
-- Name: consents consents_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id);

--
-- Name: consents consents_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: consents consents_notice_version_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_notice_version_fkey FOREIGN KEY (notice_version) REFERENCES public.privacy_notices(version);

--
-- Name: consents consents_recorded_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.staff(id);

--
-- Name: deadline_moves deadline_moves_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deadline_moves
    ADD CONSTRAINT deadline_moves_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id) ON DELETE CASCADE;

--
-- Name: eligibility_checks eligibility_checks_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.eligibility_checks
    ADD CONSTRAINT eligibility_checks_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: eligibility_checks eligibility_checks_rule_version_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.eligibility_checks
    ADD CONSTRAINT eligibility_checks_rule_version_fkey FOREIGN KEY (rule_version) REFERENCES public.points_rule_versions(version);

--
-- Name: export_chunks export_chunks_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_chunks
    ADD CONSTRAINT export_chunks_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.export_jobs(id) ON DELETE CASCADE;

--
-- Name: export_jobs export_jobs_approved_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.staff(id);

--
-- Name: export_jobs export_jobs_requested_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES public.staff(id);

--
-- Name: export_leads export_leads_export_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_leads
    ADD CONSTRAINT export_leads_export_id_fkey FOREIGN KEY (export_id) REFERENCES public.export_records(id);

--
-- Name: export_leads export_leads_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_leads
    ADD CONSTRAINT export_leads_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: export_records export_records_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_records
    ADD CONSTRAINT export_records_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

--
-- Name: gateway_attempts gateway_attempts_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gateway_attempts
    ADD CONSTRAINT gateway_attempts_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;

--
-- Name: inquiries inquiries_assessment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inquiries
    ADD CONSTRAINT inquiries_assessment_id_fkey FOREIGN KEY (assessment_id) REFERENCES public.assessments(id) ON DELETE SET NULL;

--
-- Name: inquiries inquiries_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inquiries
    ADD CONSTRAINT inquiries_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: inquiries inquiries_site_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inquiries
    ADD CONSTRAINT inquiries_site_fkey FOREIGN KEY (site) REFERENCES public.sites(name);

--
-- Name: job_holds job_holds_held_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_holds
    ADD CONSTRAINT job_holds_held_by_fkey FOREIGN KEY (held_by) REFERENCES public.staff(id);

--
-- Name: lead_import_inquiries lead_import_inquiries_import_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_inquiries
    ADD CONSTRAINT lead_import_inquiries_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.lead_imports(id);

--
-- Name: lead_import_inquiries lead_import_inquiries_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_inquiries
    ADD CONSTRAINT lead_import_inquiries_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id) ON DELETE CASCADE;

--
-- Name: lead_import_parts lead_import_parts_import_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_parts
    ADD CONSTRAINT lead_import_parts_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.lead_imports(id) ON DELETE CASCADE;

--
-- Name: lead_import_refusals lead_import_refusals_import_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_import_refusals
    ADD CONSTRAINT lead_import_refusals_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.lead_imports(id) ON DELETE CASCADE;

--
-- Name: lead_permits lead_permits_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_permits
    ADD CONSTRAINT lead_permits_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: lead_permits lead_permits_recorded_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_permits
    ADD CONSTRAINT lead_permits_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.staff(id) ON DELETE SET NULL;

--
-- Name: leads leads_merged_into_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES public.leads(id);

--
-- Name: messages messages_challenge_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_challenge_id_fkey FOREIGN KEY (challenge_id) REFERENCES public.verification_challenges(id) ON DELETE SET NULL;

--
-- Name: messages messages_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id);

--
-- Name: missed_call_messages missed_call_messages_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.missed_call_messages
    ADD CONSTRAINT missed_call_messages_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.call_attempts(id) ON DELETE CASCADE;

--
-- Name: missed_call_messages missed_call_messages_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.missed_call_messages
    ADD CONSTRAINT missed_call_messages_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: missed_call_messages missed_call_messages_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.missed_call_messages
    ADD CONSTRAINT missed_call_messages_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE SET NULL;

--
-- Name: permit_calls permit_calls_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_calls
    ADD CONSTRAINT permit_calls_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: permit_calls permit_calls_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_calls
    ADD CONSTRAINT permit_calls_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: permit_reminders permit_reminders_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_reminders
    ADD CONSTRAINT permit_reminders_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: permit_reminders permit_reminders_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.permit_reminders
    ADD CONSTRAINT permit_reminders_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE SET NULL;

--
-- Name: privacy_cases privacy_cases_closed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_cases
    ADD CONSTRAINT privacy_cases_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES public.staff(id);

--
-- Name: privacy_cases privacy_cases_opened_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_cases
    ADD CONSTRAINT privacy_cases_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.staff(id);

--
-- Name: privacy_requests privacy_requests_case_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_requests
    ADD CONSTRAINT privacy_requests_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.privacy_cases(id) ON DELETE SET NULL;

--
-- Name: privacy_requests privacy_requests_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.privacy_requests
    ADD CONSTRAINT privacy_requests_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: quarantined_inquiries quarantined_inquiries_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantined_inquiries
    ADD CONSTRAINT quarantined_inquiries_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id) ON DELETE CASCADE;

--
-- Name: quarantined_inquiries quarantined_inquiries_reviewed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantined_inquiries
    ADD CONSTRAINT quarantined_inquiries_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.staff(id);

--
-- Name: robot_alerts robot_alerts_alert_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robot_alerts
    ADD CONSTRAINT robot_alerts_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.staff_alerts(id) ON DELETE CASCADE;

--
-- Name: robot_alerts robot_alerts_robot_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robot_alerts
    ADD CONSTRAINT robot_alerts_robot_id_fkey FOREIGN KEY (robot_id) REFERENCES public.robots(id) ON DELETE CASCADE;

--
-- Name: robot_posts robot_posts_robot_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.robot_posts
    ADD CONSTRAINT robot_posts_robot_id_fkey FOREIGN KEY (robot_id) REFERENCES public.robots(id) ON DELETE CASCADE;

--
-- Name: second_numbers second_numbers_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.second_numbers
    ADD CONSTRAINT second_numbers_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id) ON DELETE CASCADE;

--
-- Name: staff_alert_readers staff_alert_readers_alert_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alert_readers
    ADD CONSTRAINT staff_alert_readers_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.staff_alerts(id) ON DELETE CASCADE;

--
-- Name: staff_alert_readers staff_alert_readers_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alert_readers
    ADD CONSTRAINT staff_alert_readers_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: staff_alerts staff_alerts_task_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_alerts
    ADD CONSTRAINT staff_alerts_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.callback_tasks(id) ON DELETE CASCADE;

--
-- Name: staff_leaves staff_leaves_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_leaves
    ADD CONSTRAINT staff_leaves_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: staff_sessions staff_sessions_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_sessions
    ADD CONSTRAINT staff_sessions_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

--
-- Name: staff_shifts staff_shifts_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_shifts
    ADD CONSTRAINT staff_shifts_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: staff_totp staff_totp_staff_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.staff_totp
    ADD CONSTRAINT staff_totp_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id) ON DELETE CASCADE;

--
-- Name: statistics_advisers statistics_advisers_adviser_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_advisers
    ADD CONSTRAINT statistics_advisers_adviser_id_fkey FOREIGN KEY (adviser_id) REFERENCES public.staff(id);

--
-- Name: statistics_advisers statistics_advisers_day_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_advisers
    ADD CONSTRAINT statistics_advisers_day_fkey FOREIGN KEY (day) REFERENCES public.statistics_days(day) ON DELETE CASCADE;

--
-- Name: statistics_counts statistics_counts_day_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_counts
    ADD CONSTRAINT statistics_counts_day_fkey FOREIGN KEY (day) REFERENCES public.statistics_days(day) ON DELETE CASCADE;

--
-- Name: statistics_messages statistics_messages_day_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statistics_messages
    ADD CONSTRAINT statistics_messages_day_fkey FOREIGN KEY (day) REFERENCES public.statistics_days(day) ON DELETE CASCADE;

--
-- Name: submit_keys submit_keys_inquiry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.submit_keys
    ADD CONSTRAINT submit_keys_inquiry_id_fkey FOREIGN KEY (inquiry_id) REFERENCES public.inquiries(id) ON DELETE CASCADE;

--
-- Name: trial_messages trial_messages_sent_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trial_messages
    ADD CONSTRAINT trial_messages_sent_by_fkey FOREIGN KEY (sent_by) REFERENCES public.staff(id);

--
-- Name: webhook_deliveries webhook_deliveries_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id);

--
-- Name: webhooks webhooks_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.staff(id);

--
-- Name: wechat_contacts wechat_contacts_added_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wechat_contacts
    ADD CONSTRAINT wechat_contacts_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.staff(id);

--
-- Name: wechat_contacts wechat_contacts_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wechat_contacts
    ADD CONSTRAINT wechat_contacts_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id);

--
-- Name: withheld_codes withheld_codes_challenge_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.withheld_codes
    ADD CONSTRAINT withheld_codes_challenge_id_fkey FOREIGN KEY (challenge_id) REFERENCES public.verification_challenges(id) ON DELETE CASCADE;

--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

GRANT ALL ON SCHEMA public TO huifang_owner;

--
-- Name: FUNCTION admit_notice(at timestamp with time zone, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.admit_notice(at timestamp with time zone, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_notice(at timestamp with time zone, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) TO huifang_app;

--
-- Name: FUNCTION admit_send(number bytea, at timestamp with time zone, cooldown_from timestamp with time zone, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint, proven boolean, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.admit_send(number bytea, at timestamp with time zone, cooldown_from timestamp with time zone, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint, proven boolean, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_send(number bytea, at timestamp with time zone, cooldown_from timestamp with time zone, hourly bigint, daily bigint, wrong_hourly bigint, wrong_daily bigint, proven boolean, keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) TO huifang_app;

--
-- Name: FUNCTION delete_privacy_records(requests uuid[], tombstones uuid[], told uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_privacy_records(requests uuid[], tombstones uuid[], told uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_privacy_records(requests uuid[], tombstones uuid[], told uuid) TO huifang_app;

--
-- Name: FUNCTION erase_audit_details(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, erased jsonb, checkpoint_mac bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_audit_details(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, erased jsonb, checkpoint_mac bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_audit_details(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, erased jsonb, checkpoint_mac bytea) TO huifang_app;

--
-- Name: FUNCTION expire_audit(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, expired jsonb, checkpoint_mac bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.expire_audit(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, expired jsonb, checkpoint_mac bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.expire_audit(checkpoint_id uuid, happened_at timestamp with time zone, by_actor text, by_role text, about text, expired jsonb, checkpoint_mac bytea) TO huifang_app;

--
-- Name: FUNCTION keep_source(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.keep_source() FROM PUBLIC;

--
-- Name: FUNCTION move_audit_head(new_position bigint, new_hash bytea, new_mac bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.move_audit_head(new_position bigint, new_hash bytea, new_mac bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.move_audit_head(new_position bigint, new_hash bytea, new_mac bytea) TO huifang_app;

--
-- Name: FUNCTION short_source(source jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.short_source(source jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.short_source(source jsonb) TO huifang_app;
GRANT ALL ON FUNCTION public.short_source(source jsonb) TO huifang_reader;

--
-- Name: FUNCTION take_windows(keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.take_windows(keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_windows(keys bytea[], starts timestamp with time zone[], limits bigint[], ceilings bigint[], slots bigint[], seed bigint) TO huifang_app;

--
-- Name: TABLE advertising_costs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.advertising_costs TO huifang_reader;
GRANT SELECT,INSERT,UPDATE ON TABLE public.advertising_costs TO huifang_app;

--
-- Name: TABLE api_keys; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_keys TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO huifang_app;

--
-- Name: TABLE assessment_items; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.assessment_items TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assessment_items TO huifang_app;

--
-- Name: TABLE assessment_reviews; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.assessment_reviews TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.assessment_reviews TO huifang_app;

--
-- Name: TABLE assessments; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.assessments TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assessments TO huifang_app;

--
-- Name: TABLE audit_details; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.audit_details TO huifang_app;
GRANT SELECT ON TABLE public.audit_details TO huifang_reader;

--
-- Name: TABLE audit_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.audit_events TO huifang_app;
GRANT SELECT ON TABLE public.audit_events TO huifang_reader;

--
-- Name: TABLE audit_head; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.audit_head TO huifang_reader;
GRANT SELECT ON TABLE public.audit_head TO huifang_app;

--
-- Name: TABLE audit_links; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.audit_links TO huifang_app;
GRANT SELECT ON TABLE public.audit_links TO huifang_reader;

--
-- Name: TABLE benefit_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.benefit_files TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.benefit_files TO huifang_app;

--
-- Name: TABLE benefit_requests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.benefit_requests TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.benefit_requests TO huifang_app;

--
-- Name: TABLE budgets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.budgets TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.budgets TO huifang_app;

--
-- Name: TABLE calendar_days; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.calendar_days TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_days TO huifang_app;

--
-- Name: TABLE calendar_years; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.calendar_years TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_years TO huifang_app;

--
-- Name: TABLE call_attempts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.call_attempts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.call_attempts TO huifang_app;

--
-- Name: TABLE call_undos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.call_undos TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.call_undos TO huifang_app;

--
-- Name: TABLE callback_claims; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.callback_claims TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callback_claims TO huifang_app;

--
-- Name: TABLE callback_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.callback_events TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callback_events TO huifang_app;

--
-- Name: TABLE callback_pauses; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.callback_pauses TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callback_pauses TO huifang_app;

--
-- Name: TABLE callback_tasks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.callback_tasks TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callback_tasks TO huifang_app;

--
-- Name: TABLE callback_viewers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.callback_viewers TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callback_viewers TO huifang_app;

--
-- Name: TABLE calls; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.calls TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calls TO huifang_app;

--
-- Name: TABLE closure_reviews; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.closure_reviews TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.closure_reviews TO huifang_app;

--
-- Name: TABLE company_day_changes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.company_day_changes TO huifang_reader;
GRANT SELECT,INSERT,UPDATE ON TABLE public.company_day_changes TO huifang_app;

--
-- Name: TABLE company_days; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.company_days TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.company_days TO huifang_app;

--
-- Name: TABLE company_logos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.company_logos TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.company_logos TO huifang_app;

--
-- Name: TABLE consents; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.consents TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.consents TO huifang_app;

--
-- Name: TABLE deadline_moves; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.deadline_moves TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.deadline_moves TO huifang_app;

--
-- Name: TABLE do_not_call; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.do_not_call TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.do_not_call TO huifang_app;

--
-- Name: TABLE eligibility_checks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.eligibility_checks TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.eligibility_checks TO huifang_app;

--
-- Name: TABLE erasure_tombstones; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.erasure_tombstones TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.erasure_tombstones TO huifang_app;

--
-- Name: TABLE export_chunks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.export_chunks TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_chunks TO huifang_app;

--
-- Name: TABLE export_jobs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.export_jobs TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_jobs TO huifang_app;

--
-- Name: TABLE export_leads; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.export_leads TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.export_leads TO huifang_app;

--
-- Name: TABLE export_records; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.export_records TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_records TO huifang_app;

--
-- Name: TABLE gateway_attempts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.gateway_attempts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.gateway_attempts TO huifang_app;

--
-- Name: TABLE inquiries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.inquiries TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inquiries TO huifang_app;

--
-- Name: TABLE job_holds; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.job_holds TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_holds TO huifang_app;

--
-- Name: TABLE job_runs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.job_runs TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_runs TO huifang_app;

--
-- Name: TABLE key_checks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.key_checks TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.key_checks TO huifang_app;

--
-- Name: TABLE lead_import_inquiries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_import_inquiries TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.lead_import_inquiries TO huifang_app;

--
-- Name: TABLE lead_import_parts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_import_parts TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.lead_import_parts TO huifang_app;

--
-- Name: TABLE lead_import_refusals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_import_refusals TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.lead_import_refusals TO huifang_app;

--
-- Name: TABLE lead_imports; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_imports TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lead_imports TO huifang_app;

--
-- Name: TABLE lead_permits; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_permits TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lead_permits TO huifang_app;

--
-- Name: TABLE leads; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.leads TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.leads TO huifang_app;

--
-- Name: TABLE login_failures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.login_failures TO huifang_app;
GRANT SELECT ON TABLE public.login_failures TO huifang_reader;

--
-- Name: TABLE messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.messages TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO huifang_app;

--
-- Name: TABLE missed_call_messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.missed_call_messages TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.missed_call_messages TO huifang_app;

--
-- Name: TABLE pending_reports; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.pending_reports TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pending_reports TO huifang_app;

--
-- Name: TABLE permit_calls; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.permit_calls TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.permit_calls TO huifang_app;

--
-- Name: TABLE permit_reminders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.permit_reminders TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.permit_reminders TO huifang_app;

--
-- Name: TABLE phone_budgets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.phone_budgets TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.phone_budgets TO huifang_app;

--
-- Name: TABLE points_rule_versions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.points_rule_versions TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.points_rule_versions TO huifang_app;

--
-- Name: TABLE privacy_cases; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.privacy_cases TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.privacy_cases TO huifang_app;

--
-- Name: TABLE privacy_notices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.privacy_notices TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.privacy_notices TO huifang_app;

--
-- Name: TABLE privacy_requests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.privacy_requests TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.privacy_requests TO huifang_app;

--
-- Name: TABLE quarantined_inquiries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.quarantined_inquiries TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.quarantined_inquiries TO huifang_app;

--
-- Name: TABLE robot_alerts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.robot_alerts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.robot_alerts TO huifang_app;

--
-- Name: TABLE robot_posts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.robot_posts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.robot_posts TO huifang_app;

--
-- Name: TABLE robots; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.robots TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.robots TO huifang_app;

--
-- Name: TABLE schema_migrations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.schema_migrations TO huifang_app;
GRANT SELECT ON TABLE public.schema_migrations TO huifang_reader;

--
-- Name: TABLE second_numbers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.second_numbers TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.second_numbers TO huifang_app;

--
-- Name: TABLE send_alarms; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.send_alarms TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.send_alarms TO huifang_app;

--
-- Name: TABLE send_breaker; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.send_breaker TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.send_breaker TO huifang_app;

--
-- Name: TABLE send_budgets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.send_budgets TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.send_budgets TO huifang_app;

--
-- Name: TABLE settings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.settings TO huifang_app;
GRANT SELECT ON TABLE public.settings TO huifang_reader;

--
-- Name: TABLE sites; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.sites TO huifang_reader;
GRANT SELECT,INSERT,UPDATE ON TABLE public.sites TO huifang_app;

--
-- Name: TABLE staff; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff TO huifang_app;
GRANT SELECT ON TABLE public.staff TO huifang_reader;

--
-- Name: TABLE staff_alert_readers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.staff_alert_readers TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff_alert_readers TO huifang_app;

--
-- Name: TABLE staff_alerts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.staff_alerts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff_alerts TO huifang_app;

--
-- Name: TABLE staff_leaves; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.staff_leaves TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.staff_leaves TO huifang_app;

--
-- Name: TABLE staff_sessions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff_sessions TO huifang_app;
GRANT SELECT ON TABLE public.staff_sessions TO huifang_reader;

--
-- Name: TABLE staff_shifts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.staff_shifts TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.staff_shifts TO huifang_app;

--
-- Name: TABLE staff_totp; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.staff_totp TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.staff_totp TO huifang_app;

--
-- Name: COLUMN staff_totp.recovery_hashes; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(recovery_hashes) ON TABLE public.staff_totp TO huifang_app;

--
-- Name: COLUMN staff_totp.confirmed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(confirmed_at) ON TABLE public.staff_totp TO huifang_app;

--
-- Name: COLUMN staff_totp.last_step; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(last_step) ON TABLE public.staff_totp TO huifang_app;

--
-- Name: TABLE statistics_advisers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.statistics_advisers TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.statistics_advisers TO huifang_app;

--
-- Name: TABLE statistics_counts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.statistics_counts TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.statistics_counts TO huifang_app;

--
-- Name: TABLE statistics_days; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.statistics_days TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.statistics_days TO huifang_app;

--
-- Name: TABLE statistics_marks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.statistics_marks TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.statistics_marks TO huifang_app;

--
-- Name: SEQUENCE statistics_marks_position_seq; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON SEQUENCE public.statistics_marks_position_seq TO huifang_reader;

--
-- Name: TABLE statistics_messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.statistics_messages TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.statistics_messages TO huifang_app;

--
-- Name: TABLE submit_keys; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.submit_keys TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.submit_keys TO huifang_app;

--
-- Name: TABLE submit_locks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.submit_locks TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.submit_locks TO huifang_app;

--
-- Name: TABLE telephone_secrets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.telephone_secrets TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.telephone_secrets TO huifang_app;

--
-- Name: TABLE trial_messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.trial_messages TO huifang_reader;
GRANT SELECT,INSERT ON TABLE public.trial_messages TO huifang_app;

--
-- Name: TABLE used_proofs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.used_proofs TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.used_proofs TO huifang_app;

--
-- Name: TABLE verification_challenges; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.verification_challenges TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.verification_challenges TO huifang_app;

--
-- Name: TABLE verification_counters; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.verification_counters TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.verification_counters TO huifang_app;

--
-- Name: TABLE webhook_deliveries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.webhook_deliveries TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_deliveries TO huifang_app;

--
-- Name: SEQUENCE webhook_deliveries_position_seq; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON SEQUENCE public.webhook_deliveries_position_seq TO huifang_reader;

--
-- Name: TABLE webhooks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.webhooks TO huifang_reader;
GRANT SELECT,INSERT,UPDATE ON TABLE public.webhooks TO huifang_app;

--
-- Name: TABLE wechat_contacts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.wechat_contacts TO huifang_reader;
GRANT SELECT,INSERT,DELETE ON TABLE public.wechat_contacts TO huifang_app;

--
-- Name: TABLE withheld_codes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.withheld_codes TO huifang_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.withheld_codes TO huifang_app;

--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE huifang_owner IN SCHEMA public GRANT SELECT ON TABLES  TO huifang_reader;

--
-- PostgreSQL database dump complete
--

