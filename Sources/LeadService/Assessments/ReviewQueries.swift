import Foundation
import NIOCore
import Postgres

/// The newest review of a lead, for the queries that show one score of it.
enum NewestReview {
    /// Joins as `r` the review that is newer than the inquiry `i`, or stands alone: `coalesce(r.assessment_id, i.assessment_id)`
    /// is then the assessment whose total lists and exports show.
    static func join(lead: String) -> String {
        """
        LEFT JOIN LATERAL (SELECT assessment_id FROM assessment_reviews
                           WHERE lead_id = \(lead) AND (i.assessment_id IS NULL OR reviewed_at > i.accepted_at)
                           ORDER BY reviewed_at DESC, assessment_id DESC LIMIT 1) r ON true
        """
    }
}

extension Transaction {
    /// Locks a lead that lists show: not erased, with an inquiry that is not quarantined.
    func lockVisibleLead(_ id: UUID) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM leads l WHERE l.id = \(id) AND l.erased_at IS NULL
              AND EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND NOT i.quarantined)
            FOR NO KEY UPDATE
            """)
    }

    /// Remembers that a stored assessment is an adviser's, of which lead, and why.
    func insertReview(of assessment: UUID, lead: UUID, by staff: UUID, note: [UInt8], at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO assessment_reviews (assessment_id, lead_id, reviewed_by, note_sealed, reviewed_at)
            VALUES (\(assessment), \(lead), \(staff), \(ByteBuffer(bytes: note)), \(now))
            """)
    }

    /// Deletes the reviews of a lead with the assessments they are of.
    func deleteReviews(of lead: UUID, madeUpTo limit: Date) async throws {
        try await self.execute(
            """
            DELETE FROM assessments a USING assessment_reviews r
            WHERE r.assessment_id = a.id AND r.lead_id = \(lead) AND r.reviewed_at <= \(limit)
            """)
    }
}
