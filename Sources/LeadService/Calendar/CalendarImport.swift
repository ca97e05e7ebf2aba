package import Foundation
package import Leads

/// Loads years of the working calendar and moves the deadlines that were provisional (contract §4.1); sets the firm's own days.
package struct CalendarImport: Sendable {
    /// What an import did.
    package struct Outcome: Sendable {
        package var plan: CalendarPlan
        /// Open tasks that keep what the visitor was told although their day is now closed.
        package var onClosedDays: [UUID] = []

        package var years: [Int] { self.plan.years.map(\.year) }
        package var kept: [Int] { self.plan.kept }
        /// Provisional promises that were moved, always to a later instant.
        package var moved: Int { self.plan.moved }
        /// Provisional promises that turned out to stand.
        package var confirmed: Int { self.plan.confirmed }
    }

    private let database: Database
    private let settings: SettingsStore
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, settings: SettingsStore, dependencies: Dependencies) {
        self.database = database
        self.settings = settings
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Replaces the years of the file, in one transaction with everything that follows from them.
    ///
    /// - Throws: `calendar_invalid` for a file that is not a calendar.
    package func load(_ json: JSONValue, by actor: String) async throws -> Outcome {
        try await self.apply(.years(try WorkingCalendar.years(in: json)), by: .command(actor))
    }

    /// What a change would do now.
    package func plan(_ change: CalendarChange) async throws -> CalendarPlan {
        try await self.settings.reload()
        let (settings, now) = (self.settings.current, self.dependencies.now())
        return try await self.database.snapshot { tx in
            try CalendarPlan(
                change, of: try await tx.calendarState(), promises: try await tx.provisionalPromises(),
                open: try await tx.openPromises(after: now), settings)
        }
    }

    /// Makes a change with everything that follows from it: all of it or nothing.
    ///
    /// - Parameter fingerprint: the plan's that was looked at; nil where nobody looked.
    /// - Throws: 412 `calendar_changed` when it would not do what was looked at.
    package func apply(
        _ change: CalendarChange, looked fingerprint: String? = nil, by author: AuditActor
    ) async throws -> Outcome {
        try await self.settings.reload()
        let (settings, now) = (self.settings.current, self.dependencies.now())
        return try await self.database.transaction { tx in
            try await tx.lockCalendar()
            try await tx.lockProvisionalPromises()
            let plan = try CalendarPlan(
                change, of: try await tx.calendarState(), promises: try await tx.provisionalPromises(),
                open: try await tx.openPromises(after: now), settings)
            guard fingerprint == nil || fingerprint == plan.fingerprint else {
                throw Problem(
                    .preconditionFailed, "calendar_changed", "日历或提交的内容与预览时不同，没有载入。请重新预览，核对后再载入",
                    english: "The calendar, or what was sent, is not what the preview was of; nothing was changed.")
            }
            switch change {
            case .years:
                for year in plan.years { try await tx.insertCalendarYear(year, replaces: true, at: now) }
                try await self.carryOut(plan.moves, by: author, at: now, tx)
                var detail = plan.audited
                detail["moved"] = .integer(plan.moved)
                try await tx.insert(
                    self.audit.event(
                        "calendar.import", on: plan.years.map { String($0.year) }.joined(separator: " "),
                        by: author.name, role: author.role, detail: detail))
            case .companyDay(let day, let own):
                try await tx.setCompanyDay(day, own, at: now)
                // The reason is free text.
                try await tx.insert(
                    self.audit.event(
                        "calendar.company_day", on: day.description, by: author.name, role: author.role,
                        sealing: [
                            "before": plan.before.companyDays[day]?.json ?? .null, "after": own?.json ?? .null,
                        ]))
            }
            let calendar = plan.after.calendar
            let closed = try await tx.openPromises(after: now).filter {
                !calendar.isWorkingDay(ShanghaiDate($0.dueAt))
            }.map(\.task)
            return Outcome(plan: plan, onClosedDays: closed)
        }
    }

    private func carryOut(
        _ moves: [CalendarPlan.Move], by author: AuditActor, at now: Date, _ tx: Transaction
    ) async throws {
        for move in moves {
            let inquiry = move.promise.inquiry
            try await tx.movePromise(inquiry, to: move.dueAt, provisional: move.provisional)
            guard move.isLater else { continue }
            try await tx.insertDeadlineMove(of: inquiry, from: move.promise.dueAt, to: move.dueAt, at: now)
            let detail: [String: JSONOutput] = [
                "from": .string(RFC3339.text(move.promise.dueAt)), "to": .string(RFC3339.text(move.dueAt)),
            ]
            try await tx.insert(
                self.audit.event(
                    "deadline.move", on: inquiry.uuidString.lowercased(), by: author.name, role: author.role,
                    detail: detail))
        }
        try await tx.carryPromisesToTasks()
    }
}

/// A promise made while a year was not known.
struct ProvisionalPromise: Sendable {
    var inquiry: UUID
    var acceptedAt: Date
    var dueAt: Date
    var window: String?
}
