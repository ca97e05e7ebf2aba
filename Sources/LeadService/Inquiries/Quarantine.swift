package import Foundation
import Leads

/// Inquiries that look like a program's: put aside without a task until somebody says that a person sent them.
package struct Quarantine: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let notes: NoticeWriter
    private let audit: Audit

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore,
        budgetFactor: Double, publicURL: URL
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.notes = NoticeWriter(
            dependencies: dependencies, settings: settings,
            budgets: SendBudgets(keys: dependencies.keys, factor: budgetFactor), publicURL: publicURL)
        self.audit = Audit(dependencies: dependencies)
    }

    /// What became of a release.
    enum Release {
        case released(dueAt: Date)
        case releasedBefore
        case takenBack
        /// The number was put on the do-not-call list since.
        case refused
        case unknown
    }

    /// A page of the list, masked, the newest first.
    func list(_ state: String, after cursor: QuarantineCursor?, limit: Int) async throws -> JSONOutput {
        let rows = try await self.database.autocommit {
            try await $0.quarantinedInquiries(state, after: cursor, limit: limit + 1)
        }
        let page = rows.prefix(limit)
        let next = rows.count > limit ? page.last.map { QuarantineCursor(submittedAt: $0.submittedAt, id: $0.id) } : nil
        return .object([
            "items": .array(try page.map { try $0.json(self.dependencies) }),
            "next_cursor": .optional(next?.text(state: state)),
        ])
    }

    /// Accepts the inquiry as of now: its promise begins, its task opens or it joins the open one, and where inquiries are
    /// confirmed by a message, this one is now.
    func release(_ id: UUID, by session: StaffSession) async throws -> Release {
        let now = self.dependencies.now()
        let event = self.event("inquiry.release", id, session)
        let task = self.dependencies.makeID()
        return try await self.database.transaction { tx in
            // Whoever takes it back meanwhile locks their lead as well.
            try await tx.lockLead(ofInquiry: id)
            guard let row = try await tx.quarantinedInquiry(id) else { return .unknown }
            guard row.cancelledAt == nil else { return .takenBack }
            let phone = try row.phone(self.dependencies.keys)
            let index = self.dependencies.keys.index(of: phone)
            // Released it would count as asked now, and so lift a refusal that came after it.
            if try await tx.refusesCalls(index, since: row.submittedAt) { return .refused }
            let (promise, window) = self.promise(row.window.flatMap { PreferredWindow(rawValue: $0) }, at: now)
            let confirmation =
                self.settings.current.confirmationSMS
                ? try self.notes.draft(.inquiryConfirmation, to: phone, about: (id, promise.dueAt), at: now) : nil
            let dueAt = try await tx.releaseInquiry(
                id, task: task, promise: promise, window: window, confirmation: confirmation,
                to: index, by: session.staffID, at: now)
            guard let dueAt else { return .releasedBefore }
            try await tx.insert(event)
            return .released(dueAt: dueAt)
        }
    }

    /// Takes the inquiry off the list; a release is still possible.
    ///
    /// - Returns: false when it was released, nil when there is no such inquiry.
    func dismiss(_ id: UUID, by session: StaffSession) async throws -> Bool? {
        let now = self.dependencies.now()
        let event = self.event("inquiry.dismiss", id, session)
        return try await self.database.transaction { tx -> Bool? in
            guard try await tx.quarantinedInquiry(id) != nil else { return nil }
            guard try await tx.dismissInquiry(id, by: session.staffID, at: now) else { return false }
            try await tx.insert(event)
            return true
        }
    }

    /// The promise of an inquiry accepted now; a window that is no longer offered is no window.
    private func promise(_ window: PreferredWindow?, at now: Date) -> (Promise, String?) {
        let promises = PromiseTimes(settings: self.settings, calendar: self.calendar, now: { now })
        guard let window, let promise = promises.promise(for: window) else { return (promises.standard, nil) }
        return (promise, window.rawValue)
    }

    private func event(_ action: String, _ id: UUID, _ session: StaffSession) -> AuditEvent {
        self.audit.event(action, on: id.uuidString.lowercased(), by: session.username, role: session.role.rawValue)
    }

    /// What the page of the list carries.
    func pageContext(for session: StaffSession) -> [String: Any] {
        var context = ConsolePage(session: session, now: self.dependencies.now(), people: [])
            .context("quarantine", title: "待审提交")
        context["can_read_test_codes"] = session.role.may(.manageStaff)
        return context
    }
}

/// One inquiry that was put aside.
struct QuarantinedInquiry: Sendable {
    var id: UUID
    var leadID: UUID
    var phoneSealed: [UInt8]
    var nameSealed: [UInt8]
    var window: String?
    var source: String
    var reason: String
    var state: String
    var submittedAt: Date
    var toldDueAt: Date
    var dueAt: Date
    var reviewedBy: String?
    var reviewedAt: Date?
    var cancelledAt: Date?

    func phone(_ keys: KeyRing) throws -> PhoneNumber {
        try PhoneNumber(parsing: try keys.open(self.phoneSealed, at: SealedPlace("leads", "phone_sealed", self.leadID)))
    }

    func json(_ dependencies: Dependencies) throws -> JSONOutput {
        let name = try dependencies.shown {
            PersonName(stored: try $0.open(self.nameSealed, at: SealedPlace("inquiries", "name_sealed", self.id)))
                .masked
        }
        let phone = try dependencies.shown { try self.phone($0).masked }
        return .object([
            "id": .string(self.id.uuidString.lowercased()), "lead_id": .string(self.leadID.uuidString.lowercased()),
            "name_masked": .string(name), "phone_masked": .string(phone),
            "reason": .string(self.reason), "state": .string(self.state),
            "source": .string(self.source),
            "submitted_at": .string(RFC3339.text(self.submittedAt)),
            "told_due_at": .string(RFC3339.text(self.toldDueAt)),
            "due_at": .optional(self.state == "released" ? RFC3339.text(self.dueAt) : nil),
            "reviewed_by": .optional(self.reviewedBy),
            "reviewed_at": .optional(self.reviewedAt.map { RFC3339.text($0) }),
        ])
    }
}

/// Where the next page of the list begins.
struct QuarantineCursor: Sendable, Equatable {
    var submittedAt: Date
    var id: UUID

    init(submittedAt: Date, id: UUID) {
        self.submittedAt = submittedAt
        self.id = id
    }

    /// Opaque text for `next_cursor`.
    func text(state: String) -> String {
        LeadCursor(acceptedAt: self.submittedAt, leadID: self.id, filter: state).text
    }

    /// - Returns: nil for what is no cursor of this state.
    init?(_ text: String, state: String) {
        guard let cursor = LeadCursor(text), cursor.filter == state else { return nil }
        self.init(submittedAt: cursor.acceptedAt, id: cursor.leadID)
    }
}
