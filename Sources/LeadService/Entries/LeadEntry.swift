import Foundation
import Leads

/// An inquiry that the staff take down for somebody: on the telephone, at the counter, from a chat.
///
/// It is stored by the statement that stores a visitor's own, under the same promise; what stands behind it is not a code
/// but the basis of their consent and who recorded it.
package struct LeadEntry: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let promises: PromiseTimes
    private let notices: PrivacyNoticeStore
    private let assessments: Assessments
    private let queue: CallbackQueue

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, promises: PromiseTimes,
        notices: PrivacyNoticeStore, assessments: Assessments, queue: CallbackQueue
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.promises = promises
        self.notices = notices
        self.assessments = assessments
        self.queue = queue
    }

    /// Stores an entry, once under its key; a known number joins its lead as any second inquiry does (contract §4.2).
    ///
    /// - Returns: the answer's JSON; the first one again for the same key and entry.
    /// - Throws: 422 `do_not_call` for a listed number; 409 `idempotency_conflict` for another entry under the key.
    func enter(_ draft: EntryDraft, by session: StaffSession, from sender: EntrySender) async throws -> String {
        let keys = self.dependencies.keys
        // The key is the inquiry's id, so that the primary key lets one of two at once through.
        let id = sender.idempotencyKey.map {
            Self.id(keys.bucket("entry-key", "\(session.apiKey == nil ? session.staffID : session.id) \($0)"))
        }
        let fingerprint = keys.mac(.fingerprint, Data(draft.fingerprintText.utf8))
        if let id, let first = try await self.repeated(id, fingerprint) { return first }
        let assessed = try await self.assess(draft.answers)
        guard let notice = self.notices.current else { throw Problems.unavailable }
        do {
            return try await self.store(draft, id, fingerprint, assessed, notice, by: session, from: sender)
        } catch let error where error.violates("inquiries_pkey") {
            if let id, let first = try await self.repeated(id, fingerprint) { return first }
            // What was stored under it is erased since.
            throw Self.conflict
        }
    }

    private func store(
        _ draft: EntryDraft, _ id: UUID?, _ fingerprint: [UInt8], _ assessed: AssessedAnswers?, _ notice: PrivacyNotice,
        by session: StaffSession, from sender: EntrySender
    ) async throws -> String {
        // A second time when the calendar was read again, or the adviser claimed something meanwhile.
        for _ in 0..<3 {
            let intake = try self.intake(
                draft, id, fingerprint, assessed, notice, by: session.witness, from: sender)
            do {
                if let answer = try await self.insert(intake, claims: draft.claims, by: session) { return answer }
            } catch let error where error.violates("one_claim_of_a_kind_per_adviser") {
                continue
            }
            if try await self.database.autocommit({ try await $0.isListed(phone: intake.phoneIndex) }) {
                throw Problem(failures: [
                    ValidationFailure(
                        "do_not_call", at: "/phone", "这个号码在不再联系名单上，不能录入；客户可用验证码自行提交",
                        english: "This number is on the do-not-call list.")
                ])
            }
            try await self.promises.reload()
        }
        throw Problems.unavailable
    }

    private func insert(_ intake: Intake, claims: Bool, by session: StaffSession) async throws -> String? {
        let until = intake.at.addingTimeInterval(self.settings.current.claimLength)
        return try await self.database.transaction { tx in
            guard let stored = try await tx.insertInquiry(intake), let task = stored.task else { return nil }
            var members: [String: JSONOutput] = [
                "lead_id": .string(stored.lead.uuidString.lowercased()),
                "callback_id": .string(task.uuidString.lowercased()),
                "inquiry_id": .string(intake.inquiryID.uuidString.lowercased()),
                "due_at": .string(RFC3339.text(stored.dueAt)),
            ]
            if claims {
                try await tx.endLapsedClaims(of: session.staffID, at: intake.at)
                let isClaimed = try await tx.claimTask(
                    task, from: nil, for: session.staffID, at: intake.at, until: until)
                if isClaimed { try await tx.insert(self.queue.event("callback.claim", on: task, by: session)) }
                members["claimed"] = .bool(isClaimed)
            }
            let answer = JSONOutput.object(members).text
            try await tx.bindBody(
                try self.dependencies.keys.seal(answer, at: Self.place(of: intake.inquiryID)), to: intake.inquiryID)
            return answer
        }
    }

    private func assess(_ answers: Answers?) async throws -> AssessedAnswers? {
        guard let answers else { return nil }
        return try await self.assessments.assess(answers)
    }

    private func repeated(_ id: UUID, _ fingerprint: [UInt8]) async throws -> String? {
        guard let bound = try await self.database.autocommit({ try await $0.boundSubmit(id) }) else { return nil }
        guard bound.fingerprint == fingerprint else { throw Self.conflict }
        return try self.dependencies.keys.open(bound.bodySealed, at: Self.place(of: id))
    }

    private func intake(
        _ draft: EntryDraft, _ id: UUID?, _ fingerprint: [UInt8], _ assessed: AssessedAnswers?, _ notice: PrivacyNotice,
        by witness: EntryWitness, from sender: EntrySender
    ) throws -> Intake {
        let keys = self.dependencies.keys
        let (inquiry, lead) = (id ?? self.dependencies.makeID(), self.dependencies.makeID())
        let consent = self.dependencies.makeID()
        let evidence = try keys.seal(draft.evidence.text, at: ConsentBasis.evidencePlace(of: consent))
        let shown = ConsentTexts.recorded(draft.basis, self.settings.current.companyName)
        return Intake(
            proof: .witness(staff: witness.staffID, basis: draft.basis), inquiryID: inquiry,
            phoneIndex: keys.index(of: draft.phone), idempotencyKey: nil, fingerprint: fingerprint,
            at: self.dependencies.now(), address: sender.address, userAgent: sender.userAgent, channel: "staff",
            lead: lead, task: self.dependencies.makeID(), phoneIndexKey: Int16(keys.oldest),
            phoneSealed: try keys.seal(draft.phone.e164, at: SealedPlace("leads", "phone_sealed", lead)),
            lastFourIndex: keys.index(ofLastFour: draft.phone.lastFour),
            nameSealed: try keys.seal(draft.name.text, at: SealedPlace("inquiries", "name_sealed", inquiry)),
            nameIndex: keys.index(of: draft.name),
            remarkSealed: try draft.remark.map {
                try keys.seal($0.text, at: SealedPlace("inquiries", "remark_sealed", inquiry))
            },
            extraSealed: try draft.extra.map {
                try keys.seal($0, at: SealedPlace("inquiries", "extra_sealed", inquiry))
            },
            source: draft.source,
            skill: self.settings.current.assignment.skill(extra: draft.extra, source: draft.source, site: nil),
            promise: self.promises.standard, assessed: assessed,
            consents: [ConsentRow(id: consent, purpose: "inquiry", textShown: shown, evidenceSealed: evidence)],
            notice: notice, bodySealed: try keys.seal("{}", at: Self.place(of: inquiry)), benefits: [],
            event: Audit(dependencies: self.dependencies).event(
                "inquiry.submit", on: inquiry, by: witness.actor, ["basis": .string(draft.basis.rawValue)]))
    }

    /// What stores one row of a file: an entry without answers, under the promise that holds now.
    func intake(_ draft: EntryDraft, by witness: EntryWitness, from sender: EntrySender) throws -> Intake {
        guard let notice = self.notices.current else { throw Problems.unavailable }
        let fingerprint = self.dependencies.keys.mac(.fingerprint, Data(draft.fingerprintText.utf8))
        return try self.intake(draft, nil, fingerprint, nil, notice, by: witness, from: sender)
    }

    private static func place(of inquiry: UUID) -> SealedPlace { SealedPlace("submit_keys", "body_sealed", inquiry) }

    /// An id made of a key (UUIDv8, RFC 9562 §5.8).
    private static func id(_ mac: [UInt8]) -> UUID {
        var bytes = Array(mac.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(bytes: bytes)
    }

    private static let conflict = Problem(
        .conflict, "idempotency_conflict", "同一编号下已录入过不同的内容", english: "Another entry was sent under this key.")
}
