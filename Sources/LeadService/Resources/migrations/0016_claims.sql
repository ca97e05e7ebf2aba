-- Whose number a claim was about: a task of linked leads can be asked about by more than one person.
ALTER TABLE callback_claims ADD COLUMN phone_lead_id uuid REFERENCES leads;
COMMENT ON COLUMN callback_claims.phone_lead_id IS 'The lead whose number was shown, or who rang';
