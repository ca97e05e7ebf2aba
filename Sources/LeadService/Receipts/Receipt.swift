import Foundation
import Leads

/// A receipt as it is stored: the inquiry and the task that keeps its promise.
struct ReceiptRow: Sendable {
    var inquiryID: UUID
    var leadID: UUID
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var cancelledAt: Date?
    var windowChangedAt: Date?
    var window: String?
    var isQuarantined: Bool
    /// The next try that is shown while nobody tries.
    var toldNextAttemptAt: Date
    /// The earliest deadline that was first promised to those whose promise this one moves with.
    var firstDueAt: Date
    var assessmentID: UUID?
    var task: ReceiptTask?
    /// The new time the visitor was told when the promise could not be kept.
    var postponedTo: Date?
}

/// The task behind a receipt.
struct ReceiptTask: Sendable {
    var id: UUID
    var leadID: UUID
    var state: String
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var nextAttemptAt: Date
    var window: String?
    var callAgainAt: Date?
    var closedAt: Date?
}

/// A provisional deadline that an imported calendar moved.
struct DeadlineMove: Sendable {
    var at: Date
    var earlier: Date
    var dueAt: Date
}

/// What the visitor is told: the promise, what has happened, what comes next and what may be changed.
struct Receipt: Sendable {
    var row: ReceiptRow
    var calls: [CopiedCall]
    /// The oldest first.
    var moves: [DeadlineMove]
    var requests: [BenefitRequest]
    var offer: WindowOffer
    var now: Date

    /// The state a visitor understands.
    var state: String {
        if self.row.cancelledAt != nil || self.row.task?.state == "closed" { return "closed" }
        return self.row.metAt == nil ? "waiting" : "called"
    }

    var isOpen: Bool { self.state != "closed" }

    /// When we try next; a first try is the promise itself.
    ///
    /// A quarantined inquiry has no task and shows what it would have: nothing tells a program that it was found out.
    var nextAttemptAt: Date? {
        if self.isOpen, self.row.isQuarantined { return self.row.toldNextAttemptAt }
        guard self.isOpen, let task = self.row.task, task.state == "open" else { return nil }
        return task.nextAttemptAt
    }

    /// The new time, while they wait for it.
    var postponedTo: Date? { self.state == "waiting" ? self.row.postponedTo : nil }

    /// Whether what they were told last has passed without a call.
    var isLate: Bool { self.state == "waiting" && max(self.row.dueAt, self.postponedTo ?? self.row.dueAt) < self.now }

    /// What happened, the oldest first.
    var events: [(at: Date, kind: String, text: String)] {
        var events = [(at: self.row.acceptedAt, kind: "accepted", text: "收到咨询")]
        events += self.calls.map { ($0.at, "call", $0.disposition.textForVisitor) }
        events += self.moves.map {
            let (earlier, later) = (ShanghaiDate.timeText($0.earlier), ShanghaiDate.timeText($0.dueAt))
            return ($0.at, "deadline_moved", "国家公布节假日安排，致电期限由 \(earlier) 调整为 \(later)")
        }
        if let changed = self.row.windowChangedAt { events.append((changed, "window_changed", "您更改了接听时段")) }
        if let cancelled = self.row.cancelledAt {
            events.append((cancelled, "cancelled", "已停止这次致电"))
        } else if let closed = self.row.task?.closedAt, self.row.task?.state == "closed" {
            events.append((closed, "closed", "这次咨询已结束"))
        }
        return events.sorted { $0.at < $1.at }
    }

    /// The deadline that an import replaced, while the one it set is the one that counts.
    var movedFrom: Date? {
        guard self.state == "waiting", let last = self.moves.last, last.dueAt == self.row.dueAt else { return nil }
        return last.earlier
    }

    /// One line while somebody who was not reached waits: what we tried, when we try again, where to call back.
    func progress(telephone: String) -> String? {
        guard self.isOpen, let last = self.calls.last, !last.disposition.isContact, let next = self.nextAttemptAt
        else { return nil }
        let line = "\(self.short(last.at)) \(last.disposition.textForVisitor)，\(self.short(next)) 再拨"
        return telephone.isEmpty ? line : line + "，回电 \(telephone)"
    }

    /// The time alone on the day of now, else with its date.
    private func short(_ instant: Date) -> String {
        ShanghaiDate(instant) == ShanghaiDate(self.now)
            ? ShanghaiDate.clockText(instant) : ShanghaiDate.timeText(instant)
    }

    func json(_ settings: Settings) -> JSONOutput {
        .object([
            "state": .string(self.state), "accepted_at": .string(RFC3339.text(self.row.acceptedAt)),
            "due_at": .string(RFC3339.text(self.row.dueAt)),
            "promise": .string(PromiseText.sentence(self.row.dueAt)),
            "postponed_to": .optional(self.postponedTo.map { RFC3339.text($0) }),
            "next_attempt_at": .optional(self.nextAttemptAt.map { RFC3339.text($0) }),
            "preferred_window": .optional(self.row.window),
            "progress": .optional(self.progress(telephone: settings.companyTelephone)),
            "events": .array(
                self.events.map {
                    .object([
                        "at": .string(RFC3339.text($0.at)), "kind": .string($0.kind), "text": .string($0.text),
                    ])
                }),
            "windows": .array(
                self.isOpen
                    ? self.offer.windows.map { window, span in
                        .object([
                            "preferred_window": .string(window.rawValue), "title": .string(window.title),
                            "hours": .string(span.text),
                        ])
                    } : []),
            "days": .array(self.isOpen ? self.offer.days.map { .string($0.description) } : []),
        ])
    }
}

/// The windows and days a visitor may move the call to.
struct WindowOffer: Sendable {
    var windows: [(PreferredWindow, Span)]
    /// From today to the day first promised; once the promise is past or kept, the next five working days.
    var days: [ShanghaiDate]
    /// Whether the promise itself moves with the window.
    var movesPromise: Bool

    private static let furthest = 5

    init(_ row: ReceiptRow, _ settings: Settings, _ calendar: WorkingCalendar, at now: Date) {
        self.windows = PreferredWindow.allCases.compactMap { window in
            settings.windows.offered(window, within: settings.openingHours).map { (window, $0.span) }
        }
        let due = row.task?.dueAt ?? row.dueAt
        let isMet = row.task.map { $0.metAt != nil } ?? (row.metAt != nil)
        self.movesPromise = !isMet && due > now
        let last = self.movesPromise ? ShanghaiDate(max(due, row.firstDueAt)) : nil
        let end = self.windows.map(\.1.to).max() ?? 0
        var days: [ShanghaiDate] = []
        var day = ShanghaiDate(now)
        if !calendar.isWorkingDay(day), day != last { day = calendar.nextWorkingDay(after: day) }
        while last.map({ day <= $0 }) ?? (days.count < Self.furthest) {
            if now < day.at(minute: end) { days.append(day) }
            // The promised day stays, though the firm may have closed it since.
            let next = calendar.nextWorkingDay(after: day)
            day = last.map { day < $0 ? min(next, $0) : next } ?? next
        }
        self.days = days
    }

    /// The hours of a choice; the promised day, or the next one, when none is named.
    ///
    /// - Throws: 422 `window_unavailable`.
    func choose(
        _ window: PreferredWindow, on chosen: ShanghaiDate?, at now: Date
    ) throws -> (start: Date, end: Date) {
        guard let span = self.windows.first(where: { $0.0 == window })?.1 else { throw Self.unavailable(at: "") }
        let open = self.days.filter { now < $0.at(minute: span.to) }
        guard let day = chosen ?? (self.movesPromise ? self.days.last : open.first), open.contains(day) else {
            throw Self.unavailable(at: chosen == nil ? "/preferred_window" : "/on")
        }
        return (max(now, day.at(minute: span.from)), day.at(minute: span.to))
    }

    static func unavailable(at pointer: String) -> Problem {
        Problem(failures: [
            ValidationFailure(
                "window_unavailable", at: pointer.isEmpty ? "/preferred_window" : pointer,
                "这个时段已不能选，请另选一个", english: "This window is not offered.")
        ])
    }
}
