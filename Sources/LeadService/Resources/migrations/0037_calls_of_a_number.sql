-- After a merge the calls to a number are found by whose number it was.

CREATE INDEX callback_claims_by_phone_lead ON callback_claims (phone_lead_id) WHERE phone_lead_id IS NOT NULL;
