-- What advisers note beside a call's result: how long it took, and that they are connected on WeChat.

ALTER TABLE call_attempts ADD duration_seconds integer CHECK (duration_seconds BETWEEN 0 AND 14400);
COMMENT ON COLUMN call_attempts.duration_seconds IS 'From dialling to the result by the desk''s clock, where somebody let it run';

CREATE TABLE wechat_contacts (
    lead_id  uuid        PRIMARY KEY REFERENCES leads,
    added_by uuid        NOT NULL REFERENCES staff,
    added_at timestamptz NOT NULL
);
COMMENT ON TABLE wechat_contacts IS 'Whom an adviser has added on WeChat; the lead is that of the number they spoke to';
CREATE INDEX wechat_contacts_by_staff ON wechat_contacts (added_by);

GRANT SELECT, INSERT, DELETE ON wechat_contacts TO huifang_app;
