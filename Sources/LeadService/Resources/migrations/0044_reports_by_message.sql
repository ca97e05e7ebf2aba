-- A message that is settled looks for the report that came before it.
CREATE INDEX pending_reports_by_message ON pending_reports (message_id) WHERE message_id IS NOT NULL;

COMMENT ON TABLE pending_reports IS 'Delivery reports whose message is not settled yet or not ours; joined when it is settled, deleted after a day';
