-- An undo brings back whom advisers had on WeChat too.

ALTER TABLE call_undos ADD COLUMN wechat jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN call_undos.wechat IS 'The rows of wechat_contacts of the lead and of those merged into it, as before the result';
