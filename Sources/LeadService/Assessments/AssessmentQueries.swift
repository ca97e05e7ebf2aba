import Foundation
import NIOCore
package import Postgres

extension AssessedAnswers: TableRow {
    package static let columns = """
        id, rule_version, assessed_on::text, answers::text, sum_before_deductions::bigint, total::bigint, can_apply, blocked_by,
        notes::text, gap::bigint, suggestions::text,
        ARRAY(SELECT key FROM assessment_items i WHERE i.assessment_id = assessments.id ORDER BY position),
        ARRAY(SELECT points::bigint FROM assessment_items i WHERE i.assessment_id = assessments.id ORDER BY position),
        ARRAY(SELECT text FROM assessment_items i WHERE i.assessment_id = assessments.id ORDER BY position)
        """

    package init(row: PostgresRow) throws {
        let columns = row.makeRandomAccess()
        let keys = try columns[11].decode([String].self)
        let points = try columns[12].decode([Int].self)
        let texts = try columns[13].decode([String].self)
        self.init(
            id: try columns[0].decode(UUID.self), ruleVersion: try columns[1].decode(String.self),
            assessedOn: try columns[2].decode(String.self), answers: try columns[3].decode(String.self),
            items: zip(keys, zip(points, texts)).map { Item(key: $0, points: $1.0, text: $1.1) },
            sumBeforeDeductions: try columns[4].decode(Int.self), total: try columns[5].decode(Int.self),
            canApply: try columns[6].decode(Bool.self), blockedBy: try columns[7].decode([String].self),
            notes: try columns[8].decode(String.self), gap: try columns[9].decode(Int.self),
            suggestions: try columns[10].decode(String.self))
    }
}

extension Transaction {
    /// Keeps an assessment, unless a window it counts in is used up; then nothing is counted.
    ///
    /// - Parameter seed: which slot of a shared window is tried first.
    /// - Returns: the index of the window that is used up.
    @discardableResult
    func insertAssessment(
        _ assessed: AssessedAnswers, within windows: [SendWindow] = [], seed: Int = 0, at now: Date
    ) async throws -> Int? {
        let full = try await self.rows(
            """
            WITH admitted AS MATERIALIZED (
                SELECT take_windows(
                    \(windows.map { ByteBuffer(bytes: $0.key) })::bytea[], \(windows.map(\.start))::timestamptz[],
                    \(windows.map(\.limit))::bigint[], \(windows.map(\.ceiling))::bigint[], \(windows.map(\.kind.slots))::bigint[],
                    \(seed)) AS full_window
            ), assessment AS (
                INSERT INTO assessments (id, rule_version, assessed_on, answers, sum_before_deductions, total, can_apply, blocked_by,
                                         notes, gap, suggestions, created_at)
                SELECT \(assessed.id), \(assessed.ruleVersion), \(assessed.assessedOn)::text::date, \(assessed.answers)::text::jsonb,
                       \(assessed.sumBeforeDeductions), \(assessed.total), \(assessed.canApply), \(assessed.blockedBy),
                       \(assessed.notes)::text::jsonb, \(assessed.gap), \(assessed.suggestions)::text::jsonb, \(now)
                FROM admitted WHERE full_window = 0
                RETURNING id
            ), items AS (
                INSERT INTO assessment_items (assessment_id, position, key, points, text)
                SELECT a.id, i.position, i.key, i.points, i.text
                FROM assessment a, unnest(\(assessed.items.map(\.key)), \(assessed.items.map(\.points)), \(assessed.items.map(\.text)))
                    WITH ORDINALITY AS i (key, points, text, position)
            )
            SELECT full_window FROM admitted WHERE full_window > 0
            """
        ).first?.decode(Int.self)
        return full.map { $0 - 1 }
    }

    /// Whether it is there and a visitor's own.
    func assessmentExists(_ id: UUID) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM assessments WHERE id = \(id)
              AND NOT EXISTS (SELECT FROM assessment_reviews r WHERE r.assessment_id = \(id))
            """)
    }

    func assessment(_ id: UUID) async throws -> AssessedAnswers? {
        try await self.first("SELECT \(columnsOf: AssessedAnswers.self) FROM assessments WHERE id = \(id)")
    }

    /// Whether an inquiry has it, which is stored with a proven phone only, or an adviser made it for one.
    func isProven(assessment id: UUID) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM inquiries WHERE assessment_id = \(id)
            UNION ALL SELECT 1 FROM assessment_reviews WHERE assessment_id = \(id) LIMIT 1
            """)
    }

    func deleteAssessment(_ id: UUID) async throws -> Bool {
        try await self.execute("DELETE FROM assessments WHERE id = \(id) RETURNING 1")
    }
}
