package import Foundation
package import Leads

/// An adviser's assessment beside the visitor's own: scored by the rules of the day, added, never changed.
///
/// Whoever works callbacks may add one to any lead the lists show, as every card is open to them; it is not the claimant's
/// alone, because a supervisor reviews what others hold, and it takes nothing away from anybody.
package struct AssessmentReviews: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let assessments: Assessments
    private let audit: Audit

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, assessments: Assessments
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.assessments = assessments
        self.audit = Audit(dependencies: dependencies)
    }

    /// What the same person says again within so long is a form that was sent twice.
    private static let repeated: TimeInterval = 600

    /// Adds an assessment to a lead; the visitor's own stays as it was.
    ///
    /// The same answers with the same note, from the same person within ten minutes, are the one that is there.
    ///
    /// - Parameter note: what it rests on; sealed.
    /// - Throws: 404 for a lead that is unknown, erased or only quarantined.
    package func add(
        _ answers: Answers, note: Remark, to lead: UUID, by session: StaffSession
    ) async throws -> JSONOutput {
        let assessed = try await self.assessments.assess(answers)
        let now = self.dependencies.now()
        let until = now.addingTimeInterval(self.settings.current.claimLength)
        let sealed = try self.dependencies.keys.seal(note.text, at: CardAssessment.notePlace(of: assessed.id))
        let event = self.audit.event(
            "lead.assess", on: lead.uuidString.lowercased(), by: session.username, role: session.role.rawValue,
            detail: ["assessment": .string(assessed.id.uuidString.lowercased())])
        let (id, all) = try await self.database.transaction { tx in
            guard try await tx.lockVisibleLead(lead) else { throw Problems.notFound }
            let known = try await tx.cardAssessments(of: lead)
            if let first = try self.first(of: known, by: session, saying: assessed, note.text, at: now) {
                return (first, known)
            }
            try await tx.insertAssessment(assessed, at: now)
            try await tx.insertReview(of: assessed.id, lead: lead, by: session.staffID, note: sealed, at: now)
            try await tx.insert(event)
            return (assessed.id, try await tx.cardAssessments(of: lead))
        }
        // Whoever assesses the lead they hold is at work on it; apart, as a result locks the task before the lead.
        try await self.database.autocommit { tx in
            if let task = try await tx.openTask(ofLead: lead) {
                try await tx.extendClaim(on: task, by: session.staffID, at: now, until: until)
            }
        }
        guard let added = all.first(where: { $0.assessed.id == id }) else { throw Problems.internal }
        return .object([
            "assessment": .object(try added.members(self.dependencies, whole: true)),
            "comparison": AssessmentComparison(all)?.json ?? .null,
        ])
    }

    /// The review that says just this already, if it was made a moment ago by the same person.
    private func first(
        of known: [CardAssessment], by session: StaffSession, saying assessed: AssessedAnswers, _ note: String,
        at now: Date
    ) throws -> UUID? {
        let answers = try StrictJSON.read(Array(assessed.answers.utf8))
        return try known.first { one in
            guard one.reviewedBy == session.username, one.at > now.addingTimeInterval(-Self.repeated),
                try StrictJSON.read(Array(one.assessed.answers.utf8)) == answers
            else { return false }
            return try one.note(self.dependencies.keys) == note
        }?.assessed.id
    }

    /// What is known of a lead's points, masked, for the page that corrects them.
    ///
    /// - Returns: nil for a lead that lists do not show.
    func read(_ lead: UUID) async throws -> (lead: LeadRow, assessments: [CardAssessment], people: [Colleague])? {
        try await self.database.autocommit { tx in
            guard let row = try await tx.lead(lead) else { return nil }
            return (row, try await tx.cardAssessments(of: lead), try await tx.colleagues())
        }
    }
}

/// The visitor's newest assessment and the adviser's newest, item by item.
struct AssessmentComparison: Sendable, Equatable {
    struct Line: Sendable, Equatable {
        var key: String
        var text: String
        var own: Int
        var reviewed: Int
    }

    var own: AssessedAnswers
    var reviewed: AssessedAnswers

    /// - Parameter assessments: the newest first.
    /// - Returns: nil unless there is one of each.
    init?(_ assessments: [CardAssessment]) {
        guard let own = assessments.first(where: { $0.reviewedBy == nil }),
            let reviewed = assessments.first(where: { $0.reviewedBy != nil })
        else { return nil }
        (self.own, self.reviewed) = (own.assessed, reviewed.assessed)
    }

    /// Every item that one of them has; an item that the other lacks counts nothing there.
    var lines: [Line] {
        let own = Dictionary(self.own.items.map { ($0.key, $0.points) }, uniquingKeysWith: { first, _ in first })
        let reviewed = Set(self.reviewed.items.map(\.key))
        return self.reviewed.items.map {
            Line(key: $0.key, text: $0.text, own: own[$0.key] ?? 0, reviewed: $0.points)
        }
            + self.own.items.filter { !reviewed.contains($0.key) }.map {
                Line(key: $0.key, text: $0.text, own: $0.points, reviewed: 0)
            }
    }

    var json: JSONOutput {
        .object([
            "self_id": .string(self.own.id.uuidString.lowercased()),
            "reviewed_id": .string(self.reviewed.id.uuidString.lowercased()),
            "self_total": .integer(self.own.total), "reviewed_total": .integer(self.reviewed.total),
            "difference": .integer(self.reviewed.total - self.own.total),
            "items": .array(
                self.lines.map {
                    .object([
                        "key": .string($0.key), "text": .string($0.text), "self": .integer($0.own),
                        "reviewed": .integer($0.reviewed), "difference": .integer($0.reviewed - $0.own),
                    ])
                }),
        ])
    }
}
