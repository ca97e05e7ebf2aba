package import Foundation
import Leads
import Metrics

/// What people may ask about their data, proven by a code to the number itself (contract §2).
///
/// The answer and the statements behind it are the same for every number, so that nobody learns whether we know one.
package struct PrivacyRequests: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let assessments: Assessments
    private let budgets: SendBudgets
    private let audit: Audit
    private let erasure: Erasure
    private let links: LinkToken

    /// How long the result can be seen.
    package static let lifetime: TimeInterval = 15 * 60
    private static let day: TimeInterval = 86400

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, assessments: Assessments,
        budgetFactor: Double
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.assessments = assessments
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
        self.audit = Audit(dependencies: dependencies)
        self.erasure = Erasure(database: database, dependencies: dependencies)
        self.links = LinkToken(keys: dependencies.keys)
    }

    /// Does what was asked when the code is right.
    ///
    /// - Returns: the request's id and the token of its result.
    /// - Throws: 422 `code_invalid`; 429, also when the number has had its copies of the day: the code stays good then.
    func submit(_ draft: PrivacyDraft, from address: ClientAddress) async throws -> (id: UUID, token: String) {
        let now = self.dependencies.now()
        let keys = self.dependencies.keys
        let attempt = CodeAttempt(
            purpose: .privacy, phone: draft.wish.phone, phoneIndex: keys.index(of: draft.wish.phone),
            challenge: draft.challenge,
            code: draft.code, holder: self.dependencies.makeID(), at: now, lockedUntil: now,
            wrongBuckets: self.budgets.wrongBuckets(address: address, at: now))
        let reservation = try await self.database.statement { try await $0.reserveTry(attempt) }
        if reservation.isBlocked {
            try await self.database.statement { try await $0.giveBack(reservation, of: attempt) }
            throw Problems.tooManyRequests(retryAfter: try await self.database.wait(for: attempt))
        }
        let match = keys.challenge(of: attempt, among: reservation)
        Counter(label: "huifang_sms_verify_total", dimensions: [("result", match == nil ? "refused" : "right")])
            .increment()
        guard let challenge = match else {
            try await self.database.statement {
                try await $0.recordWrongCode(attempt, counted: reservation.isReserved)
            }
            throw Problems.codeInvalid
        }
        let id = self.dependencies.makeID()
        do {
            let isDone = try await self.database.transaction { tx in
                // First, because it locks all codes of the number, in one order: two requests with a code each would
                // wait for one another's otherwise.
                let known = try await tx.lockLead(phone: attempt.phoneIndex)
                guard try await tx.consume(challenge, attempt) else { return false }
                try await self.fulfil(draft.wish, known: known, request: id, by: .visitor, at: now, tx)
                return true
            }
            guard isDone else { throw Problems.codeInvalid }
        } catch {
            try? await self.database.statement { try await $0.giveBack(reservation, of: attempt) }
            throw error
        }
        // Apart from the transaction, because many wait for the budgets' rows; the tries are forgiven already.
        var budgets = reservation
        budgets.isReserved = false
        let used = budgets
        try? await self.database.statement { try await $0.giveBack(used, of: attempt) }
        return self.done(id, draft.wish)
    }

    private func done(_ id: UUID, _ wish: PrivacyWish) -> (id: UUID, token: String) {
        Counter(label: "huifang_privacy_requests_total", dimensions: [("kind", wish.kind.rawValue)]).increment()
        return (id, self.links.token(.privacyRequest, for: id))
    }

    /// Who does what was asked.
    private enum Doer {
        /// The person, who proved the number by a code.
        case visitor
        /// Somebody of the staff, under a case.
        case staff(StaffSession, case: UUID)

        var name: String { if case .staff(let session, _) = self { session.username } else { "visitor" } }
        var role: String { if case .staff(let session, _) = self { session.role.rawValue } else { "visitor" } }
        var caseID: UUID? { if case .staff(_, let id) = self { id } else { nil } }
    }

    /// Does what was asked under an open case, for the number that it was opened for.
    ///
    /// - Returns: the request's id and the token of its result.
    /// - Throws: 404; 409 `already_closed`; 422 `phone_mismatch`, `wish_not_of_case`.
    func fulfil(
        _ wish: PrivacyWish, under caseID: UUID, by session: StaffSession
    ) async throws -> (id: UUID, token: String) {
        let (id, now, keys) = (self.dependencies.makeID(), self.dependencies.now(), self.dependencies.keys)
        try await self.database.transaction { tx in
            let known = try await tx.lockLead(phone: keys.index(of: wish.phone))
            guard let found = try await tx.lockCase(caseID) else { throw Problems.notFound }
            guard found.isOpen else { throw PrivacyCases.alreadyClosed }
            guard found.kind?.wishes.contains(wish.kind) ?? false else { throw PrivacyCases.wishNotOfCase }
            guard found.pseudonym == keys.pseudonym(of: wish.phone) else { throw PrivacyCases.phoneMismatch }
            try await self.fulfil(
                wish, known: known, request: id, by: .staff(session, case: caseID), at: now, tx)
        }
        return self.done(id, wish)
    }

    private func fulfil(
        _ draft: PrivacyWish, known: UUID?, request: UUID, by doer: Doer, at now: Date, _ tx: Transaction
    ) async throws {
        let index = self.dependencies.keys.index(of: draft.phone)
        let pseudonym = self.dependencies.keys.pseudonym(of: draft.phone)
        // A number we do not know is worked on all the same, as a lead that is nobody's.
        let lead = known ?? self.dependencies.makeID()
        let limit =
            draft.kind == .copy && doer.caseID == nil ? self.budgets.scaled(self.settings.current.copiesPerDay) : nil
        let isAllowed = try await tx.insertPrivacyRequest(
            request, draft.kind, corrects: draft.corrects, pseudonym: pseudonym, lead: known, under: doer.caseID,
            at: now,
            atMost: limit, since: now.addingTimeInterval(-Self.day))
        if let limit, !isAllowed {
            let oldest = try await tx.privacyRequestTime(draft.kind, pseudonym: pseudonym, newestBut: limit - 1)
            throw Self.copiesUsedUp(limit, until: (oldest ?? now).addingTimeInterval(Self.day), at: now)
        }
        switch draft.kind {
        case .copy: break
        case .stopCalls: try await tx.stopCalls(index, of: lead, by: doer.name, at: now)
        case .withdraw:
            try await tx.withdrawConsents(of: lead, givenUpTo: .distantFuture, at: now)
            try await tx.leaveQueue(lead, reason: "consent_withdrawn", at: now)
            try await tx.dropQueuedMessages(phone: index, because: "consent_withdrawn", at: now)
        case .correct: try await self.correct(draft, lead: lead, request: request, by: doer, at: now, tx)
        case .erase:
            try await self.erasure.erase(
                lead, phone: index, pseudonym: pseudonym, request: request, by: doer.name, role: doer.role, at: now, tx)
        }
        try await tx.insert(
            self.audit.event(
                "privacy.\(draft.kind.rawValue)", on: request.uuidString.lowercased(), by: doer.name, role: doer.role,
                detail: doer.caseID.map { ["case": .string($0.uuidString.lowercased())] } ?? [:]))
    }

    private static func copiesUsedUp(_ limit: Int, until time: Date, at now: Date) -> Problem {
        Problem(
            .tooManyRequests, "too_many_requests", "这个号码一天内已查看 \(limit) 次，请在 \(ShanghaiDate.timeText(time)) 之后再查看",
            english: "This number has had \(limit) copies within a day; try again later.",
            retryAfter: max(1, Int(time.timeIntervalSince(now).rounded(.up))))
    }

    /// Writes the new name into every inquiry of the number and scores new answers for the newest one; what was there is
    /// kept sealed in the audit for thirty days.
    private func correct(
        _ draft: PrivacyWish, lead: UUID, request: UUID, by doer: Doer, at now: Date, _ tx: Transaction
    ) async throws {
        let keys = self.dependencies.keys
        var before: [String: JSONOutput] = [:]
        let names = try await tx.names(of: lead)
        if let name = draft.name {
            before["names"] = .array(
                try names.map { name in
                    .string(
                        try self.dependencies.shown {
                            try $0.open(name.sealed, at: SealedPlace("inquiries", "name_sealed", name.id))
                        })
                })
            let sealed = try names.map {
                (id: $0.id, bytes: try keys.seal(name.text, at: SealedPlace("inquiries", "name_sealed", $0.id)))
            }
            try await tx.setNames(sealed, index: keys.index(of: name))
        }
        if let answers = draft.answers {
            let assessed = try await self.assessments.assess(answers)
            if let newest = try await tx.newestAnswers(of: lead) {
                before["answers"] = newest.answers.map { .raw($0) } ?? .null
                try await tx.insertAssessment(assessed, at: now)
                try await tx.replaceAssessment(of: newest.inquiry, by: assessed.id)
            }
        }
        let event = try self.audit.event(
            "privacy.corrected", on: request.uuidString.lowercased(), by: doer.name, role: doer.role,
            sealing: before)
        try await tx.insert(event)
    }

    /// What a token shows: the request and, for a copy, everything we have of the number now; for a correction what was
    /// corrected; of others that it was done.
    ///
    /// - Throws: 404 for a token that is not ours; 410 after fifteen minutes.
    func result(_ token: String) async throws -> (request: PrivacyRequestRow, copy: PersonalCopy) {
        guard let id = self.links.id(.privacyRequest, in: token) else { throw Problems.notFound }
        let now = self.dependencies.now()
        let (request, found) = try await self.database.snapshot { tx -> (PrivacyRequestRow, PersonalCopy) in
            guard let request = try await tx.privacyRequest(id),
                now < request.requestedAt.addingTimeInterval(Self.lifetime)
            else { throw Problems.gone }
            // A number we do not know is looked up all the same, as a lead that is nobody's.
            let lead = request.leadID ?? id
            switch request.kind {
            case .copy: return (request, try await tx.personalCopy(of: lead, self.dependencies))
            case .correct: return (request, try await tx.correctedCopy(of: lead, by: request, self.dependencies))
            case .stopCalls, .withdraw, .erase: return (request, PersonalCopy())
            }
        }
        var copy = found
        let settings = self.settings.current
        for index in copy.inquiries.indices {
            copy.inquiries[index].extra = copy.inquiries[index].extra.map { settings.relabelled($0) }
        }
        return (request, copy)
    }

    /// A page of requests, masked.
    func list(after cursor: PrivacyCursor?, limit: Int) async throws -> JSONOutput {
        let rows = try await self.database.autocommit {
            try await $0.privacyRequests(after: cursor, limit: limit + 1)
        }
        let page = rows.prefix(limit)
        let next = rows.count > limit ? page.last.map { PrivacyCursor(at: $0.requestedAt, id: $0.id).text } : nil
        return .object([
            "items": .array(
                try page.map { row in
                    let phone = try row.leadID.flatMap { lead in
                        try row.phoneSealed.map { sealed in
                            try self.dependencies.shown {
                                try PhoneNumber(
                                    parsing: try $0.open(sealed, at: SealedPlace("leads", "phone_sealed", lead))
                                ).masked
                            }
                        }
                    }
                    return .object([
                        "id": .string(row.id.uuidString.lowercased()), "kind": .string(row.kind.rawValue),
                        "state": .string("done"), "case_id": .optional(row.caseID?.uuidString.lowercased()),
                        "phone_masked": .optional(phone),
                        "requested_at": .string(RFC3339.text(row.requestedAt)),
                        "finished_at": .string(RFC3339.text(row.finishedAt)),
                    ])
                }),
            "next_cursor": .optional(next),
        ])
    }
}

extension Transaction {
    /// Takes a number out of everything at once: it is listed, its lead leaves the queue and what waits for it is not sent.
    ///
    /// - Parameter saidAt: when they asked for it, if that was earlier: an inquiry since then is still answered.
    /// - Returns: whether anything changed.
    @discardableResult
    func stopCalls(
        _ phone: [UInt8], of lead: UUID, by actor: String, saidAt: Date? = nil, at now: Date
    ) async throws -> Bool {
        let isNew = try await self.addDoNotCall(phone: phone, by: actor, at: min(saidAt ?? now, now))
        // Listed by a result a moment ago: an undo of it must not take their own word back.
        if !isNew { try await self.keepListed(phone: phone) }
        let isClosed = try await self.leaveQueue(lead, reason: "do_not_call", at: now)
        try await self.dropQueuedMessages(phone: phone, because: "do_not_call", at: now)
        return isNew || isClosed
    }
}
