-- What 0008 promised of new rows holds for the old ones too.

ALTER TABLE leads VALIDATE CONSTRAINT erased_leaves_no_number;
ALTER TABLE inquiries VALIDATE CONSTRAINT erased_leaves_no_text;
