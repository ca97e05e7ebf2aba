import Foundation
import Postgres

extension Transaction {
    private func count(_ query: PostgresQuery) async throws -> Int {
        try await self.rows(query).count
    }

    func deletePastBudgets(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM budgets WHERE (bucket, window_start) IN
                (SELECT bucket, window_start FROM budgets WHERE window_start < \(before) LIMIT 1000) RETURNING 1
            """)
    }

    func deletePastSendBudgets(before: Date) async throws -> Int {
        try await self.count(
            """
            WITH windows AS (
                DELETE FROM send_budgets WHERE (bucket, window_start, slot) IN
                    (SELECT bucket, window_start, slot FROM send_budgets WHERE window_start < \(before) LIMIT 5000) RETURNING 1
            ), alarms AS (
                DELETE FROM send_alarms WHERE window_start < \(before) RETURNING 1
            )
            SELECT 1 FROM windows UNION ALL SELECT 1 FROM alarms
            """)
    }

    /// Proofs and readable codes whose time is over.
    func deleteSpentProofs(before: Date) async throws -> Int {
        try await self.count(
            """
            WITH proofs AS (
                DELETE FROM used_proofs WHERE key IN
                    (SELECT key FROM used_proofs WHERE expires_at < \(before) LIMIT 5000) RETURNING 1
            ), codes AS (
                DELETE FROM withheld_codes WHERE expires_at < \(before) RETURNING 1
            )
            SELECT 1 FROM proofs UNION ALL SELECT 1 FROM codes
            """)
    }

    func deleteIdlePhoneBudgets(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM phone_budgets WHERE phone_index IN
                (SELECT phone_index FROM phone_budgets WHERE seen_at < \(before) LIMIT 1000) RETURNING 1
            """)
    }

    func deleteExpiredLocks(before: Date) async throws -> Int {
        try await self.count("DELETE FROM submit_locks WHERE until < \(before) RETURNING 1")
    }

    func deleteEndedSessions(before: Date) async throws -> Int {
        try await self.count("DELETE FROM staff_sessions WHERE expires_at < \(before) RETURNING 1")
    }

    func deletePastLoginFailures(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM login_failures f WHERE NOT EXISTS (SELECT FROM unnest(f.at) a WHERE a > \(before)) RETURNING 1
            """)
    }
}
