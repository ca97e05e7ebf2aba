-- What the forecast names is told to supervisors before it is late, of a promise once, as its stages are; so is whom nobody has
-- spoken to when the target on contact is near. The new kinds hold the old ones, so no row can fail them.

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check,
    ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day', 'prefix_full',
        'privacy_due', 'many_exports', 'export_waiting', 'webhook_paused', 'budget_full', 'sending_stopped',
        'forecast_late', 'contact_late'));

ALTER TABLE staff_alerts DROP CONSTRAINT a_stage_is_one_of_a_promise,
    ADD CONSTRAINT a_stage_is_one_of_a_promise
        CHECK (kind NOT LIKE 'sla\_%' AND kind <> 'forecast_late' OR (task_id IS NOT NULL AND due_at IS NOT NULL));
