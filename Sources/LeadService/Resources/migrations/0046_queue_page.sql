-- A page of the queue reads as many tasks as it shows: whole days of them are due at one time.

CREATE INDEX callback_tasks_due ON callback_tasks (due_at, id) WHERE state = 'open';
