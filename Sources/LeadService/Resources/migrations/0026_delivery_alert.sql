-- A gateway whose messages do not arrive is told to the staff. The new kinds hold the old ones, so no row can fail them.

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check;
ALTER TABLE staff_alerts ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned',
    'claim_lapsed', 'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling'));
