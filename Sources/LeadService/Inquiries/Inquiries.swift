package import Foundation
import Leads
import Metrics

/// Taking an inquiry: proves the phone, stores lead, inquiry, consent and assessment, and promises the call.
package struct Inquiries: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let promises: PromiseTimes
    private let notices: PrivacyNoticeStore
    private let assessments: Assessments
    private let budgets: SendBudgets
    private let audit: Audit
    private let links: LinkToken
    private let notes: NoticeWriter

    /// How long a second submit under the same key waits for the first.
    private static let patience: Duration = .seconds(5)
    /// How long a key stays locked when the process that locked it died.
    private static let lockLength: TimeInterval = 6

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, promises: PromiseTimes,
        notices: PrivacyNoticeStore, assessments: Assessments, budgetFactor: Double, publicURL: URL
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.promises = promises
        self.notices = notices
        self.assessments = assessments
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
        self.audit = Audit(dependencies: dependencies)
        self.links = LinkToken(keys: dependencies.keys)
        self.notes = NoticeWriter(
            dependencies: dependencies, settings: settings, budgets: self.budgets, publicURL: publicURL)
    }

    /// Stores an inquiry whose code is right: once, however often it is sent under the same id or key.
    ///
    /// Consent and fields are checked first and cost no try. Then, in one committed statement, both keys are locked and a
    /// try is reserved; the code is compared; and in one more statement everything is stored and the keys unlocked.
    package func submit(_ draft: InquiryDraft, from sender: InquirySender) async throws -> InquiryOutcome {
        try await CrashPoint.numbering(.submit) { try await self.take(draft, from: sender) }
    }

    private func take(_ draft: InquiryDraft, from sender: InquirySender) async throws -> InquiryOutcome {
        let notice = try self.notices.agreed(to: draft.consent.noticeVersion)
        try draft.consent.checkRecipients(self.settings.current)
        try draft.consent.checkReminder(on: ShanghaiDate(self.dependencies.now()))
        let promise = try self.promise(for: draft)
        let attempt = self.attempt(draft, from: sender)
        if let refusal = sender.refusal ?? draft.refusal {
            // A repeat outlives its form and its questions.
            let bound = try await self.database.statement { try await $0.boundSubmit(attempt) }
            guard let bound else { throw refusal }
            return try self.repeated(bound, attempt)
        }
        if draft.answers == nil, let id = draft.assessmentID, try await !self.assessments.exists(id) {
            // A repeat outlives the assessment, which its visitor may have deleted since.
            let bound = try await self.database.statement { try await $0.boundSubmit(attempt) }
            guard let bound else { throw Self.assessmentUnknown }
            return try self.repeated(bound, attempt)
        }
        let assessed = try await self.assess(draft)

        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: Self.patience)
        var pause = Duration.milliseconds(20)
        while true {
            if let bound = try await self.database.statement({ try await $0.boundSubmit(attempt) }) {
                return try self.repeated(bound, attempt)
            }
            let reservation = try await self.database.statement { try await $0.reserveTry(attempt.check) }
            if reservation.isBlocked {
                if reservation.holdsLocks {
                    try await self.database.statement { try await $0.giveBack(reservation, of: attempt.check) }
                }
                return .tooMany(retryAfter: try await self.database.wait(for: attempt.check))
            }
            if reservation.holdsLocks {
                return try await self.finish(
                    draft, attempt, reservation, notice: notice, promise: promise, assessed: assessed)
            }
            guard clock.now < deadline else { return .busy }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(320))
        }
    }

    private func promise(for draft: InquiryDraft) throws -> Promise {
        guard let promise = self.promises.promise(for: draft.window) else {
            throw Problem(failures: [
                ValidationFailure(
                    "window_unavailable", at: "/preferred_window", "这个时段不在我们的致电时间内，请另选",
                    english: "This window is not offered.")
            ])
        }
        return promise
    }

    /// The assessment made of the inquiry's answers.
    private func assess(_ draft: InquiryDraft) async throws -> AssessedAnswers? {
        guard let answers = draft.answers else { return nil }
        return try await self.assessments.assess(answers)
    }

    private static let assessmentUnknown = Problem(failures: [
        ValidationFailure(
            "assessment_unknown", at: "/assessment_id", "没有找到这份测算，请重新测算", english: "Unknown assessment.")
    ])

    private func attempt(_ draft: InquiryDraft, from sender: InquirySender) -> SubmitAttempt {
        let keys = self.dependencies.keys
        let now = self.dependencies.now()
        let phoneIndex = keys.index(of: draft.phone)
        var locks: [[UInt8]] = []
        if let id = draft.id { locks.append(keys.bucket("submit-id", id.uuidString)) }
        if let key = sender.idempotencyKey {
            locks.append(keys.bucket("submit-key", Base64URL.encode(phoneIndex) + key))
        }
        let check = CodeAttempt(
            purpose: .inquiry, phone: draft.phone, phoneIndex: phoneIndex, challenge: draft.challenge, code: draft.code,
            // Whatever a client made its key of stays out of the database.
            idempotencyKey: sender.idempotencyKey.map { Base64URL.encode(keys.bucket("idempotency-key", $0)) },
            locks: locks.sorted { $0.lexicographicallyPrecedes($1) },
            holder: self.dependencies.makeID(), at: now, lockedUntil: now.addingTimeInterval(Self.lockLength),
            wrongBuckets: self.budgets.wrongBuckets(address: sender.address, at: now))
        return SubmitAttempt(
            inquiryID: draft.id ?? self.dependencies.makeID(),
            fingerprint: keys.mac(.fingerprint, Data(draft.fingerprintText.utf8)), check: check, sender: sender)
    }

    /// The first answer, for the same inquiry under a bound key.
    private func repeated(_ bound: BoundSubmit, _ attempt: SubmitAttempt) throws -> InquiryOutcome {
        guard bound.phoneIndex == attempt.phoneIndex, bound.fingerprint == attempt.fingerprint else { return .conflict }
        let body = try self.dependencies.keys.open(
            bound.bodySealed, at: SealedPlace("submit_keys", "body_sealed", bound.inquiryID))
        Counter(label: "huifang_idempotent_replays_total").increment()
        return .accepted(
            InquiryReceipt(
                inquiryID: bound.inquiryID, dueAt: bound.dueAt,
                receiptToken: self.links.token(.receipt, for: bound.inquiryID),
                benefits: try Self.benefits(in: body)))
    }

    private func finish(
        _ draft: InquiryDraft, _ attempt: SubmitAttempt, _ reservation: CodeReservation, notice: PrivacyNotice,
        promise: Promise, assessed: AssessedAnswers?
    ) async throws -> InquiryOutcome {
        let match = self.dependencies.keys.challenge(of: attempt.check, among: reservation)
        Counter(label: "huifang_sms_verify_total", dimensions: [("result", match == nil ? "refused" : "right")])
            .increment()
        guard let challenge = match else {
            if let first = try await self.firstAnswer(attempt, reservation) { return first }
            try await self.database.statement {
                try await $0.recordWrongCode(attempt.check, counted: reservation.isReserved)
            }
            return .codeInvalid
        }
        do {
            var intake = try self.intake(
                draft, attempt, challenge: challenge, notice: notice, promise: promise, assessed: assessed)
            var told = try await self.database.statement { [intake] in try await $0.insertInquiry(intake) }
            while told == nil {
                // Whoever has read the calendar meanwhile, the promise here may be of the one before.
                try await self.promises.reload()
                let fresh = try self.promise(for: draft)
                guard fresh.calendarVersion != intake.promise.calendarVersion else { break }
                intake.promise = fresh
                told = try await self.database.statement { [intake] in try await $0.insertInquiry(intake) }
            }
            guard let dueAt = told?.dueAt else {
                if let first = try await self.firstAnswer(attempt, reservation) { return first }
                try await self.database.statement { try await $0.giveBack(reservation, of: attempt.check) }
                return .codeInvalid
            }
            return .accepted(
                InquiryReceipt(
                    inquiryID: attempt.inquiryID, dueAt: dueAt,
                    receiptToken: self.links.token(.receipt, for: attempt.inquiryID),
                    benefits: intake.benefits))
        } catch {
            if let first = try? await self.firstAnswer(attempt, reservation) { return first }
            try? await self.database.statement { try await $0.giveBack(reservation, of: attempt.check) }
            // The id of an inquiry that was erased: what is left of it is for counts, and answers nothing.
            if error.violates("inquiries_pkey") { return .codeInvalid }
            // Its visitor deleted the assessment meanwhile.
            if error.violates("inquiries_assessment_id_fkey") { throw Self.assessmentUnknown }
            // Others took the last places meanwhile.
            if error.violates("within_the_quota") { throw self.settings.current.closed(attempt.sender.site) }
            throw error
        }
    }

    /// The answer of a first submit that committed after this one had looked for it and before it held the keys: its
    /// code is used by now, and this submit cost no try.
    private func firstAnswer(
        _ attempt: SubmitAttempt, _ reservation: CodeReservation
    ) async throws -> InquiryOutcome? {
        guard let bound = try await self.database.statement({ try await $0.boundSubmit(attempt) }) else { return nil }
        try await self.database.statement { try await $0.giveBack(reservation, of: attempt.check) }
        return try self.repeated(bound, attempt)
    }

    private func intake(
        _ draft: InquiryDraft, _ attempt: SubmitAttempt, challenge: UUID, notice: PrivacyNotice, promise: Promise,
        assessed: AssessedAnswers?
    ) throws -> Intake {
        let keys = self.dependencies.keys
        let lead = self.dependencies.makeID()
        let inquiry = attempt.inquiryID
        let receipt = self.links.token(.receipt, for: inquiry)
        let benefits = self.settings.current.benefits.map { $0.offered(by: receipt) }
        let isConfirmed = self.settings.current.confirmationSMS && draft.suspicion == nil
        let body = JSONOutput.array(benefits.map { .object(["title": .string($0.title), "url": .string($0.url)]) })
        return Intake(
            proof: .code(challenge: challenge, attempt: attempt.check), inquiryID: inquiry,
            phoneIndex: attempt.phoneIndex, idempotencyKey: attempt.idempotencyKey, fingerprint: attempt.fingerprint,
            at: attempt.at, address: attempt.sender.address, userAgent: attempt.sender.userAgent,
            channel: attempt.sender.channel, lead: lead, task: self.dependencies.makeID(),
            phoneIndexKey: Int16(keys.oldest),
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
            source: draft.source, site: attempt.sender.site.storedName,
            skill: self.settings.current.assignment.skill(
                extra: draft.extra, source: draft.source, site: attempt.sender.site.storedName),
            window: draft.window?.rawValue,
            promise: promise, assessmentID: draft.assessmentID,
            assessed: assessed,
            consents: draft.consent.rows(self.settings.current, makeID: self.dependencies.makeID), notice: notice,
            bodySealed: try keys.seal(body.text, at: SealedPlace("submit_keys", "body_sealed", inquiry)),
            suspicion: draft.suspicion, benefits: benefits,
            event: self.audit.event(
                "inquiry.submit", on: inquiry.uuidString.lowercased(), by: "visitor", role: "visitor"),
            confirmation: isConfirmed
                ? try self.notes.draft(
                    .inquiryConfirmation, to: draft.phone, about: (inquiry, promise.dueAt), at: attempt.at) : nil)
    }

    private static func benefits(in body: String) throws -> [OfferedBenefit] {
        guard case .array(let values) = try StrictJSON.read(Array(body.utf8)) else { return [] }
        return values.compactMap { value in
            guard case .object(let members) = value, case .string(let title)? = members["title"],
                case .string(let url)? = members["url"]
            else { return nil }
            return OfferedBenefit(title: title, url: url)
        }
    }
}
