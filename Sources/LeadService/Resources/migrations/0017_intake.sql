-- Intake: what a visitor was first promised, what a quarantined receipt shows, and where codes were asked for from.

ALTER TABLE inquiries ADD COLUMN first_due_at timestamptz;
COMMENT ON COLUMN inquiries.first_due_at IS
    'The deadline before the visitor first moved it, up to which they may move it again; due_at is the one they were told last, which counts';

ALTER TABLE quarantined_inquiries ADD COLUMN told_next_attempt_at timestamptz;
COMMENT ON COLUMN quarantined_inquiries.told_next_attempt_at IS 'What the receipt shows as the next try, so that it looks like any other';

ALTER TABLE verification_challenges ADD COLUMN network bytea CHECK (octet_length(network) = 32);
COMMENT ON COLUMN verification_challenges.network IS
    'Keyed hash of the network the code was asked for from: what one network does stops nobody else';
