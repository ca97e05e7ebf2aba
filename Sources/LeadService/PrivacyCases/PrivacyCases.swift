import Foundation
import Leads

/// The desk of requests that come in by hand: opened with their deadline, done with the same statements as those of visitors,
/// closed as done or refused with a reason.
struct PrivacyCases: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let requests: PrivacyRequests
    private let audit: Audit

    init(database: Database, dependencies: Dependencies, requests: PrivacyRequests) {
        self.database = database
        self.dependencies = dependencies
        self.requests = requests
        self.audit = Audit(dependencies: dependencies)
    }

    func list(open: Bool, after cursor: UUID?, limit: Int) async throws -> JSONOutput {
        let today = ShanghaiDate(self.dependencies.now())
        let cases = try await self.database.autocommit {
            try await $0.privacyCases(open: open, after: cursor, limit: limit + 1)
        }
        let page = cases.prefix(limit)
        return .object([
            "items": .array(page.map { $0.json(on: today) }),
            "next_cursor": .optional(cases.count > limit ? page.last?.id.uuidString.lowercased() : nil),
        ])
    }

    func open(_ draft: PrivacyCaseDraft, by session: StaffSession) async throws -> UUID {
        let (id, keys) = (self.dependencies.makeID(), self.dependencies.keys)
        let note = try keys.seal(draft.note.text, at: SealedPlace("privacy_cases", "note_sealed", id))
        let event = self.audit.event(
            "privacy.case_open", on: id, by: session.actor,
            ["kind": .string(draft.kind.rawValue), "asked_by": .string(draft.petitioner.rawValue)])
        let now = self.dependencies.now()
        try await self.database.statement {
            try await $0.insertCase(
                id, draft, pseudonym: keys.pseudonym(of: draft.phone), note: note, by: session.staffID, at: now, event)
        }
        return id
    }

    /// A case with its texts; the look is told to the audit.
    func show(_ id: UUID, to session: StaffSession) async throws -> JSONOutput {
        let event = self.audit.event("privacy.case_view", on: id, by: session.actor)
        let (found, texts) = try await self.database.transaction { tx in
            guard let found = try await tx.privacyCase(id) else { throw Problems.notFound }
            try await tx.insert(event)
            return found
        }
        func opened(_ sealed: [UInt8]?, _ column: String) throws -> JSONOutput {
            guard let sealed else { return .null }
            return .string(
                try self.dependencies.shown { try $0.open(sealed, at: SealedPlace("privacy_cases", column, id)) })
        }
        return found.json(
            on: ShanghaiDate(self.dependencies.now()),
            more: [
                "note": try opened(texts.note, "note_sealed"), "reason": try opened(texts.reason, "reason_sealed"),
            ])
    }

    /// Does something under an open case, for the number that it was opened for.
    ///
    /// - Throws: 404; 409 `already_closed`; 422 `phone_mismatch`, or `wish_not_of_case`.
    func fulfil(_ wish: PrivacyWish, under id: UUID, by session: StaffSession) async throws -> (id: UUID, token: String)
    {
        try await self.requests.fulfil(wish, under: id, by: session)
    }

    /// - Throws: 404; 409 `already_closed`.
    func close(
        _ id: UUID, _ outcome: CaseOutcome, reason: Remark?, by session: StaffSession
    ) async throws {
        let sealed = try reason.map {
            try self.dependencies.keys.seal($0.text, at: SealedPlace("privacy_cases", "reason_sealed", id))
        }
        let event = self.audit.event(
            "privacy.case_close", on: id, by: session.actor, ["outcome": .string(outcome.rawValue)])
        let now = self.dependencies.now()
        let isClosed = try await self.database.statement {
            try await $0.closeCase(id, outcome, reason: sealed, by: session.staffID, at: now, event)
        }
        guard !isClosed else { return }
        guard try await self.database.autocommit({ try await $0.caseExists(id) }) else { throw Problems.notFound }
        throw Self.alreadyClosed
    }

    static let alreadyClosed = Problem(
        .conflict, "already_closed", "这件请求已办结", english: "The case is closed already.")

    static let phoneMismatch = Problem(failures: [
        ValidationFailure(
            "phone_mismatch", at: "/phone", "与登记时的号码不一致，请核对", english: "Not the number the case was opened for.")
    ])

    static let wishNotOfCase = Problem(failures: [
        ValidationFailure(
            "wish_not_of_case", at: "/kind", "这一项不在这件请求的事项里，请另登记一件",
            english: "Not what the case was opened for; open another one.")
    ])
}
