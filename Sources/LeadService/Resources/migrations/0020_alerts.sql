-- Being told: alerts to the staff, each of them once, and posts to the robots of group chats.

CREATE TABLE staff_alerts (
    id         uuid        PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing')),
    task_id    uuid        REFERENCES callback_tasks ON DELETE CASCADE,
    due_at     timestamptz,
    about      text        CHECK (char_length(about) BETWEEN 1 AND 100),
    parameters jsonb       NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL,
    CONSTRAINT a_stage_is_one_of_a_promise CHECK (kind NOT LIKE 'sla\_%' OR (task_id IS NOT NULL AND due_at IS NOT NULL)),
    CONSTRAINT each_stage_of_a_promise_once UNIQUE (task_id, kind, due_at),
    CONSTRAINT each_occasion_once UNIQUE (kind, about)
);
COMMENT ON TABLE staff_alerts IS 'What happened, once each; whom it was told is in staff_alert_readers, and may be nobody';
COMMENT ON COLUMN staff_alerts.about IS 'What tells an occasion from the others of its kind, such as a day; null for what may happen again at once';
COMMENT ON COLUMN staff_alerts.parameters IS 'Usernames, counts and years: never the name or number of a visitor';
CREATE INDEX staff_alerts_by_age ON staff_alerts (created_at);

CREATE TABLE staff_alert_readers (
    staff_id uuid        NOT NULL REFERENCES staff ON DELETE CASCADE,
    alert_id uuid        NOT NULL REFERENCES staff_alerts ON DELETE CASCADE,
    read_at  timestamptz,
    PRIMARY KEY (staff_id, alert_id)
);
CREATE INDEX staff_alert_readers_by_alert ON staff_alert_readers (alert_id);
CREATE INDEX staff_alert_readers_unread ON staff_alert_readers (staff_id) WHERE read_at IS NULL;

CREATE TABLE robots (
    id             uuid        PRIMARY KEY,
    name           text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    kind           text        NOT NULL CHECK (kind IN ('wecom', 'dingtalk', 'feishu')),
    audience       text        NOT NULL CHECK (audience IN ('team', 'supervisors')),
    address_sealed bytea       NOT NULL,
    secret_sealed  bytea,
    added_at       timestamptz NOT NULL,
    posted_at      timestamptz,
    CONSTRAINT robots_name_key UNIQUE (name),
    CONSTRAINT who_signs_has_a_secret CHECK ((kind = 'wecom') = (secret_sealed IS NULL))
);
COMMENT ON COLUMN robots.address_sealed IS 'The address holds the key that whoever posts needs, so it is sealed like the secret';
COMMENT ON COLUMN robots.posted_at IS 'When the last post went out: a vendor takes 20 a minute';

CREATE TABLE robot_alerts (
    robot_id uuid NOT NULL REFERENCES robots ON DELETE CASCADE,
    alert_id uuid NOT NULL REFERENCES staff_alerts ON DELETE CASCADE,
    PRIMARY KEY (robot_id, alert_id)
);
COMMENT ON TABLE robot_alerts IS 'Alerts that wait to be joined into the next post of a robot';
CREATE INDEX robot_alerts_by_alert ON robot_alerts (alert_id);

CREATE TABLE robot_posts (
    id          uuid        PRIMARY KEY,
    robot_id    uuid        NOT NULL REFERENCES robots ON DELETE CASCADE,
    kind        text        NOT NULL CHECK (kind IN ('alerts', 'plan', 'rescue')),
    day         date        NOT NULL,
    text        text        NOT NULL CHECK (octet_length(text) BETWEEN 1 AND 2048),
    state       text        NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'expired')),
    attempt     integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    failure     text        CHECK (char_length(failure) BETWEEN 1 AND 100),
    created_at  timestamptz NOT NULL,
    send_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    lease_until timestamptz,
    finished_at timestamptz,
    CONSTRAINT sending_under_a_lease CHECK ((state = 'sending') = (lease_until IS NOT NULL)),
    CONSTRAINT done_says_when CHECK ((state IN ('sent', 'failed', 'expired')) = (finished_at IS NOT NULL))
);
COMMENT ON COLUMN robot_posts.attempt IS 'The fence: an outcome is written under the number it was sent with';
CREATE UNIQUE INDEX one_daily_post_per_robot ON robot_posts (robot_id, kind, day) WHERE kind <> 'alerts';
CREATE INDEX robot_posts_waiting ON robot_posts (robot_id, send_at) WHERE state IN ('queued', 'sending');
CREATE INDEX robot_posts_by_age ON robot_posts (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON staff_alerts, staff_alert_readers, robots, robot_alerts, robot_posts TO huifang_app;
