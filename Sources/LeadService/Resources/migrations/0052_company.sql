-- Messages that administrators send to see what the vendor says of them (how many a day, and by whom; number and text are the message's), and
-- the pictures that companies show on their pages.

CREATE TABLE trial_messages (
    message_id uuid        PRIMARY KEY,
    sent_by    uuid        NOT NULL REFERENCES staff,
    day        date        NOT NULL,
    number     smallint    NOT NULL CHECK (number BETWEEN 1 AND 5),
    sent_at    timestamptz NOT NULL,
    CONSTRAINT one_trial_of_a_number_a_day UNIQUE (day, number)
);
COMMENT ON TABLE trial_messages IS 'Trial messages by day and number; a message that is kept no longer leaves its row';
GRANT SELECT, INSERT ON trial_messages TO huifang_app;
GRANT SELECT ON trial_messages TO huifang_reader;

CREATE TABLE company_logos (
    sha256   bytea       PRIMARY KEY,
    content  bytea       NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 48000),
    width    integer     NOT NULL CHECK (width BETWEEN 1 AND 1024),
    height   integer     NOT NULL CHECK (height BETWEEN 1 AND 1024),
    added_by text        NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT named_by_its_content CHECK (sha256 = sha256(content))
);
ALTER TABLE company_logos ALTER content SET STORAGE EXTERNAL;
COMMENT ON TABLE company_logos IS 'PNG pictures for the visitors'' pages; the setting company_logo names one';
GRANT SELECT, INSERT ON company_logos TO huifang_app;
GRANT SELECT ON company_logos TO huifang_reader;
