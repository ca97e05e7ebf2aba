import Foundation
import LeadService
import Leads
import Logging
import Postgres
import TestDatabase
import Testing

@Suite struct FsckTests {
    @Test func `after the main job everything holds`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.submit(phone: "13800000001", more: #","preferred_window":"morning""#)
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            try await service.submit(phone: "13800000002")
            let claimed = try await service.claim(adviser)
            try #require(claimed.status == 200)
            let report = try await Self.run(service)
            #expect(report.violations == [])
            #expect(report.checks > 20)
        }
    }

    @Test(arguments: [
        ("DELETE FROM callback_claims; DELETE FROM callback_tasks", "I1", "inquiry_without_task"),
        (
            "DROP INDEX one_open_task_per_lead; INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, next_attempt_at) SELECT gen_random_uuid(), lead_id, latest_inquiry_id, 'open', accepted_at, accepted_at, due_at, false, accepted_at FROM callback_tasks",
            "I1", "two_open_tasks"
        ),
        ("DELETE FROM consents", "I1", "inquiry_without_consent"),
        ("UPDATE callback_tasks SET due_at = due_at + interval '1 day'", "I1", "promise_not_carried"),
        ("UPDATE callback_tasks SET due_at = due_at - interval '2 days'", "I1", "due_before_its_promises"),
        (
            "UPDATE inquiries SET due_at = due_at - interval '3 hours'; UPDATE callback_tasks SET due_at = due_at - interval '3 hours'",
            "I1", "due_at_another_time"
        ),
        ("UPDATE callback_tasks SET due_at = due_at - interval '3 hours'", "I1", "due_at_another_time"),
        ("UPDATE inquiries SET met_at = accepted_at + interval '1 minute'", "I1", "inquiry_met_without_call"),
        ("UPDATE callback_tasks SET met_at = accepted_at + interval '1 minute'", "I1", "task_met_without_call"),
        ("UPDATE callback_tasks SET attempts = 1", "I1", "attempts_without_calls"),
        (
            "UPDATE callback_claims SET ended_at = claimed_at, end_reason = 'closed'; UPDATE callback_tasks SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL, state = 'closed', closed_at = accepted_at + interval '1 hour', closed_reason = 'not_interested'",
            "I1", "closed_without_result"
        ),
        (
            "UPDATE calendar_years SET loaded_at = '2026-01-01'; UPDATE inquiries SET due_at = due_at + interval '1 day'; UPDATE callback_tasks SET due_at = due_at + interval '1 day'",
            "I1", "deadline_on_another_day"
        ),
        (
            "UPDATE calendar_years SET loaded_at = '2026-01-01'; UPDATE inquiries SET due_at = due_at - interval '1 day'; UPDATE callback_tasks SET due_at = due_at - interval '1 day'",
            "I1", "deadline_on_another_day"
        ),
        ("UPDATE submit_keys SET phone_index = sha256('x')", "I2", "key_of_another_phone"),
        (
            "INSERT INTO messages (id, template, challenge_id, state, created_at, send_at, expires_at, finished_at) SELECT gen_random_uuid(), template, challenge_id, state, created_at, send_at, expires_at, finished_at FROM messages",
            "I2", "two_messages_for_a_code"
        ),
        (
            "UPDATE verification_challenges SET consumed_at = expires_at + interval '1 second'", "I3",
            "code_used_outside_its_life"
        ),
        ("UPDATE phone_budgets SET wrongs = array_fill(seen_at, ARRAY[40])", "I3", "too_many_wrong_codes"),
        ("UPDATE callback_claims SET ended_at = claimed_at, end_reason = 'released'", "I4", "claim_without_record"),
        (
            "UPDATE callback_tasks SET claim_number = 7, claimed_by = NULL, claim_kind = NULL, claimed_until = NULL; UPDATE callback_claims SET ended_at = claimed_at, end_reason = 'expired'",
            "I4", "fence_out_of_step"
        ),
        (
            "UPDATE messages SET state = 'sending', finished_at = NULL, lease_until = created_at - interval '1 hour', parameters_sealed = 'x', phone_sealed = 'x'",
            "I5", "stuck_in_sending"
        ),
        ("UPDATE verification_challenges SET withheld = true", "I5", "withheld_code_sent"),
        (
            "UPDATE messages SET state = 'queued', finished_at = NULL, expires_at = created_at - interval '1 hour', parameters_sealed = 'x', phone_sealed = 'x'",
            "I5", "never_settled"
        ),
        (
            "UPDATE callback_tasks SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL", "I8",
            "orphaned_claim"
        ),
        ("UPDATE audit_events SET detail = '{\"q\":\"13800000001\"}'", "I9", "number_in_audit_events"),
        (
            "DO $$ BEGIN ALTER TABLE inquiries DISABLE TRIGGER source_is_kept; UPDATE inquiries SET source = '{\"utm\":{\"source\":\"+8613800000001\"}}'; END $$",
            "I9", "number_in_inquiries"
        ),
    ])
    func `each broken promise is found and named`(damage: String, invariant: String, check: String) async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.submit(phone: "13800000001")
            try #require(try await service.claim(adviser).status == 200)
            try await service.database.script(damage)
            let found = try await Self.run(service).violations.map { "\($0.invariant) \($0.check)" }
            #expect(found.contains("\(invariant) \(check)"), "\(found)")
        }
    }

    @Test func `a result accepted under a stale claim is found`() async throws {
        try await withService { service in
            let (lin, wang) = (try await service.colleague("lin"), try await service.colleague("wang"))
            let task = try await service.seed()
            try await service.workThrough("no_answer", on: task, lin)
            try await service.database.script(
                """
                INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, ended_at, end_reason)
                SELECT task_id, claim_number + 1, '\(wang.id)', kind, claimed_at - interval '1 minute', claimed_at, 'released' FROM callback_claims;
                UPDATE callback_tasks SET claim_number = claim_number + 1;
                UPDATE call_attempts SET adviser_id = '\(wang.id)'
                """)
            let found = try await Self.run(service).violations.map(\.check)
            #expect(found.contains("stale_result"))
            #expect(found.contains("result_of_another"))
        }
    }

    @Test func `a session that sits in a transaction is found`() async throws {
        try await withService { service in
            let other = PostgresClient(
                configuration: .patient(service.database.conninfo), backgroundLogger: service.dependencies.logger
            )
            try await withRunning(other) { other in
                try await other.withConnection { connection in
                    try await connection.query("BEGIN", logger: service.dependencies.logger)
                    try await connection.query("SELECT 1", logger: service.dependencies.logger)
                    let later = Date().addingTimeInterval(120)
                    let report = try await Fsck(
                        database: service.services.database, now: { later }, budgetFactor: 1, keys: service.keys
                    )
                    .run()
                    #expect(report.violations.map(\.check).contains("idle_in_transaction"))
                    try await connection.query("ROLLBACK", logger: service.dependencies.logger)
                }
            }
        }
    }

    private static func run(_ service: TestService) async throws -> Fsck.Report {
        try await Fsck(
            database: service.services.database, now: { service.clock.now }, budgetFactor: 1, keys: service.keys
        ).run()
    }
}

extension TestDatabase {
    /// Runs several statements on one connection, as the superuser.
    func script(_ text: String) async throws {
        let client = PostgresClient(
            configuration: .patient(self.conninfo), backgroundLogger: .init(label: "test"))
        try await withRunning(client) { client in
            try await client.withConnection { connection in
                for statement in SQLScript(text).statements {
                    try await connection.query(PostgresQuery(unsafeSQL: statement), logger: .init(label: "test"))
                }
            }
        }
    }
}
