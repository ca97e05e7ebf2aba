-- What 0027 promised of new rows holds for the old ones too.

ALTER TABLE messages VALIDATE CONSTRAINT messages_challenge_id_fkey;
