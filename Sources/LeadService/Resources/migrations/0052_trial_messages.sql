-- Messages that administrators send to see what the vendor says of them: how many a day, and by whom; number and text are the message's.

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
