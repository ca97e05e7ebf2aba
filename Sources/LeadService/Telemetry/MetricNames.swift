/// What each metric says, in one line; alerts and dashboards go by these names.
package enum MetricNames {
    private static let texts = [
        "huifang_build_info": "Always 1; the version is the label.",
        "huifang_callback_tasks_open": "Callback tasks that are open.",
        "huifang_callback_tasks_overdue": "Open callback tasks whose promise is unmet and past.",
        "huifang_calls_total": "Calls that the telephone system was asked for, by result.",
        "huifang_code_numbers_abandoned":
            "Numbers of the last day whose codes are over and none was submitted, by source.",
        "huifang_code_numbers_requested": "Numbers that asked for a code within the last day and are done, by source.",
        "huifang_codes_withheld_total": "Codes made and handed to no gateway, by reason.",
        "huifang_database_up": "1 when the last look at the database succeeded, else 0.",
        "huifang_db_pool_connections": "Connections to the database, by state.",
        "huifang_db_pool_connect_failures_total": "Connections to the database that could not be made.",
        "huifang_db_pool_connects_total": "Connections to the database that were made.",
        "huifang_db_pool_lease_timeouts_total": "Requests that waited too long for a connection to the database.",
        "huifang_db_pool_wait_seconds": "Time waited for a connection to the database.",
        "huifang_db_pool_waiting": "Requests that wait for a connection to the database.",
        "huifang_http_request_duration_seconds": "Time to answer a request, by route pattern.",
        "huifang_http_requests_total": "Requests answered, by route pattern and status code.",
        "huifang_idempotent_replays_total": "Submits answered with the first answer under their key.",
        "huifang_outbox_messages_pending": "Messages that wait or are being sent.",
        "huifang_outbox_messages_total": "Messages handed over, by gateway and result.",
        "huifang_outbox_oldest_pending_age_seconds": "Age of the oldest message that is not settled, 0 without one.",
        "huifang_privacy_requests_total": "Privacy requests done, by kind.",
        "huifang_proofs_total": "Proofs of work looked at, by result.",
        "huifang_retention_rows_total": "Rows that were let go because their time was over, by term.",
        "huifang_export_jobs_total": "Exports in the background that ended, by result: done, failed, expired.",
        "huifang_imported_rows_total":
            "Rows of large files that were brought in or refused, by result: new, joined, refused.",
        "huifang_robot_posts_total": "Posts sent to robots of group chats, by kind of robot and result.",
        "huifang_send_breaker_trips_total":
            "Times that codes which did not come back made sending dearer or stopped it.",
        "huifang_send_budget_alarms_total": "Budgets of sends that reached 50, 80 or 100 percent, once per window.",
        "huifang_send_budget_used_ratio":
            "Used part of each budget of sends that everybody, or everybody on a site's form, shares.",
        "huifang_sms_attempt_duration_seconds": "Time a gateway took to answer.",
        "huifang_sms_attempts_total": "Messages offered to a gateway, by operator (of the prefix) and outcome class.",
        "huifang_sms_breaker_state": "Whether a gateway is used for a purpose: 0 yes, 1 a probe is on its way, 2 no.",
        "huifang_sms_cost_yuan": "Cost of the messages of the last 24 h, at the prices in settings.",
        "huifang_sms_delivered_ratio":
            "Share of the last 24 h's reported messages that were delivered, NaN without one.",
        "huifang_sms_delivery_median_seconds":
            "Median time from request to delivery in the last 24 h, NaN without one.",
        "huifang_sms_refusals": "Messages refused by a gateway in the last 24 h.",
        "huifang_sms_reports_total": "Delivery reports joined to their message, by result.",
        "huifang_sms_unreported": "Accepted messages of the last 24 h that are older than 10 min and have no report.",
        "huifang_sms_verify_total": "Codes compared, by result.",
        "huifang_webhook_attempt_duration_seconds": "Time a receiver of a webhook took to answer.",
        "huifang_webhook_attempts_total": "Deliveries offered to receivers of webhooks, by result.",
        "huifang_webhook_deliveries_pending": "Deliveries of webhooks that wait, those of paused ones too.",
    ]

    static func help(for name: String) -> String {
        self.texts[name] ?? "Measured by a library of the service."
    }
}
