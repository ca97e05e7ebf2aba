import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// The real queue, over HTTP and with its database, beside a plain model of it: random operations answer alike and leave
/// the same rows.
///
/// `HUIFANG_MODEL_OPERATIONS` asks for more operations a seed, `HUIFANG_MODEL_SEED` for other seeds (`1,2,3`),
/// `HUIFANG_MODEL_FRESH` for as many that nobody has tried.
@Suite struct CallbackModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let operations = environment["HUIFANG_MODEL_OPERATIONS"].flatMap { Int($0) } ?? 150
    private static let seeds: [UInt64] =
        environment["HUIFANG_MODEL_SEED"].map { $0.split(separator: ",").compactMap { UInt64($0) } }
        ?? environment["HUIFANG_MODEL_FRESH"].flatMap { Int($0) }.map {
            (0..<$0).map { _ in .random(in: 0...9_999_999) }
        } ?? [2, 5, 8, 6_724_234, 3_777_539]

    @Test(.timeLimit(.minutes(60)), arguments: seeds)
    func `random operations answer as the model does and leave what it has`(seed: UInt64) async throws {
        print("seed of the queue's model: \(seed)")
        let hours = seed % 3 == 0 ? "always" : "09:00-12:00,13:30-21:00"
        try await withService([
            "CALLING_HOURS": hours, "BUDGET_FACTOR": "100000", "SENDS_PER_MINUTE": "1000000",
            "SENDS_PER_DAY": "1000000",
            "SENDS_PER_ADDRESS_PER_HOUR": "1000000",
        ]) { service in
            let model = QueueModel(
                calendar: service.services.calendar.current, calling: try #require(CallingHours(parsing: hours)),
                leads: ModelRun.leads, now: service.clock.now)
            // Every mode has its seeds.
            let modes = AssignmentMode.allCases
            try await service.put("assignment", "\"\(modes[Int(seed % UInt64(modes.count))].rawValue)\"")
            var run = try await ModelRun(service: service, model: model, seed: seed)
            for number in 1...Self.operations {
                let operation = try await run.step()
                try #require(
                    run.differences.isEmpty, "seed \(seed), operation \(number), \(operation): \(run.differences)")
                guard number % 10 == 0 || number == Self.operations else { continue }
                let (stored, expected) = (try await run.stored(), run.expected())
                try #require(stored == expected, "seed \(seed), after operation \(number), \(operation)")
            }
            try await service.expectNoOverlap()
            let violations = try await service.soundness()
            #expect(violations == [])
            print("seed \(seed): \(run.undone) results undone")
            print(
                "seed \(seed): \(run.done.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
            )
        }
    }
}

extension ModelRun {
    private static func seconds(_ date: Date?) -> String { date.map { "\(Int($0.timeIntervalSince1970))" } ?? "-" }

    /// The model's tasks and inquiries, a line each.
    func expected() -> [String] {
        let tasks = self.model.tasks.map { task in
            let isHeld = task.holder != nil
            return [
                task.id, task.closedReason ?? (task.pausedUntil == nil ? "open" : "paused"), Self.seconds(task.dueAt),
                Self.seconds(task.metAt),
                Self.seconds(task.nextAttemptAt), Self.seconds(task.callAgainAt), task.window?.rawValue ?? "-",
                "\(task.attempts)", task.owner.map { self.people[$0].username } ?? "-", task.ownerReason ?? "-",
                task.holder.map { self.people[$0].username } ?? "-",
                isHeld ? task.isIncoming ? "incoming" : "ordinary" : "-", isHeld ? Self.seconds(task.until) : "-",
                Self.seconds(task.restsUntil), Self.seconds(task.pausedUntil),
                task.claims.map {
                    "\(self.people[$0.adviser].username)/\($0.isIncoming ? "incoming" : "ordinary")/\($0.end ?? "-")"
                        + ($0.revealedAt == nil ? "" : "/revealed")
                }.joined(separator: ","),
            ].joined(separator: "|")
        }
        let inquiries = self.model.inquiries.flatMap { $0 }.map {
            [
                Self.seconds($0.acceptedAt), Self.seconds($0.dueAt), Self.seconds($0.metAt),
                $0.isCancelled ? "cancelled" : "-",
            ].joined(separator: "|")
        }
        return (tasks + inquiries).sorted()
    }

    /// The same lines of the tables.
    func stored() async throws -> [String] {
        func seconds(_ column: String) -> String { "coalesce(extract(epoch FROM \(column))::bigint::text, '-')" }
        let tasks = """
            SELECT concat_ws('|', t.id, coalesce(t.closed_reason, t.state), \(seconds("t.due_at")), \(seconds("t.met_at")),
                \(seconds("t.next_attempt_at")), \(seconds("t.call_again_at")), coalesce(t.preferred_window, '-'), t.attempts,
                coalesce(o.username, '-'), coalesce(t.owner_reason, '-'), coalesce(h.username, '-'), coalesce(t.claim_kind, '-'),
                \(seconds("t.claimed_until")), \(seconds("t.rests_until")), \(seconds("t.paused_until")),
                (SELECT coalesce(string_agg(concat_ws('/', s.username, c.kind, coalesce(c.end_reason, '-'),
                                            CASE WHEN c.revealed_at IS NOT NULL THEN 'revealed' END), ',' ORDER BY c.claim_number), '')
                 FROM callback_claims c JOIN staff s ON s.id = c.adviser_id WHERE c.task_id = t.id)) AS line
            FROM callback_tasks t LEFT JOIN staff o ON o.id = t.owner_id LEFT JOIN staff h ON h.id = t.claimed_by
            """
        let inquiries = """
            SELECT concat_ws('|', \(seconds("accepted_at")), \(seconds("due_at")), \(seconds("met_at")),
                CASE WHEN cancelled_at IS NULL THEN '-' ELSE 'cancelled' END) FROM inquiries
            """
        let rows = try await self.service.database.query(PostgresQuery(unsafeSQL: tasks + " UNION ALL " + inquiries))
        return try rows.map { try $0.decode(String.self) }.sorted()
    }
}
