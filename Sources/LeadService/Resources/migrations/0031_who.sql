-- Who gets what: skills, weights and caps of people, tasks that are pushed to somebody, and what a task asks of whoever calls.

ALTER TABLE staff
    ADD COLUMN skills      text[]           NOT NULL DEFAULT '{}',
    ADD COLUMN push_weight smallint         NOT NULL DEFAULT 1 CHECK (push_weight BETWEEN 0 AND 100),
    ADD COLUMN push_cap    smallint         CHECK (push_cap BETWEEN 0 AND 500),
    ADD COLUMN pushed_at   timestamptz,
    ADD COLUMN push_start  double precision NOT NULL DEFAULT 0,
    ADD CONSTRAINT a_few_skills CHECK (cardinality(skills) <= 20 AND array_position(skills, NULL) IS NULL);
COMMENT ON COLUMN staff.push_weight IS 'The share of tasks pushed to this person; 0 is none';
COMMENT ON COLUMN staff.push_cap IS 'Nothing is pushed above so many tasks of the day; null is the setting';
COMMENT ON COLUMN staff.pushed_at IS 'When a task was last pushed to this person; ties go to whoever waited longest';
COMMENT ON COLUMN staff.push_start IS 'Where the last weighted push to this person began, in the time that passes with weighted pushes';

ALTER TABLE inquiries ADD COLUMN skill text CHECK (char_length(skill) BETWEEN 1 AND 40);
COMMENT ON COLUMN inquiries.skill IS 'What the inquiry asks of whoever calls, by the rules of its day';

ALTER TABLE callback_tasks
    ADD COLUMN skill     text,
    ADD COLUMN pushed_at timestamptz,
    DROP CONSTRAINT callback_tasks_owner_reason_check,
    ADD CONSTRAINT callback_tasks_owner_reason_check CHECK (owner_reason IN ('assigned', 'appointment', 'contacted', 'pushed')),
    ADD CONSTRAINT pushed_says_when CHECK (owner_reason <> 'pushed' OR pushed_at IS NOT NULL);
COMMENT ON COLUMN callback_tasks.skill IS 'That of the newest inquiry';
COMMENT ON COLUMN callback_tasks.pushed_at IS 'When it was last pushed to somebody, its owner still or not';
