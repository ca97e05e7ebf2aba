-- The record of a message outlives its code: when it was sent, what became of it and what it cost is kept for months, codes for days.
-- The link alone goes with the code.

ALTER TABLE messages DROP CONSTRAINT messages_challenge_id_fkey;
ALTER TABLE messages ADD CONSTRAINT messages_challenge_id_fkey FOREIGN KEY (challenge_id) REFERENCES verification_challenges
    ON DELETE SET NULL NOT VALID;
