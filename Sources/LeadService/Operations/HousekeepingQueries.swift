import Foundation
import Postgres

extension Transaction {
    private func count(_ query: PostgresQuery) async throws -> Int {
        try await self.rows(query).count
    }

    func deleteOldChallenges(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM verification_challenges WHERE id IN
                (SELECT id FROM verification_challenges WHERE expires_at < \(before) LIMIT 1000) RETURNING 1
            """)
    }

    func deletePastBudgets(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM budgets WHERE (bucket, window_start) IN
                (SELECT bucket, window_start FROM budgets WHERE window_start < \(before) LIMIT 1000) RETURNING 1
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

    /// Assessments that never became part of an inquiry.
    func deleteUnusedAssessments(before: Date) async throws -> Int {
        try await self.count(
            """
            DELETE FROM assessments WHERE id IN
                (SELECT a.id FROM assessments a WHERE a.created_at < \(before)
                    AND NOT EXISTS (SELECT FROM inquiries i WHERE i.assessment_id = a.id) LIMIT 1000)
            RETURNING 1
            """)
    }
}
