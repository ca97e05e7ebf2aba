-- The day's codes or money nearly or wholly used up, and a stop of sending, are told to administrators. The new kinds hold the old
-- ones, so no row can fail them.

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check,
    ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day', 'prefix_full',
        'privacy_due', 'many_exports', 'export_waiting', 'webhook_paused', 'budget_full', 'sending_stopped'));
