package import Foundation

/// How a call ended (contract §3; flags of the console's table).
package enum Disposition: String, Sendable, Hashable, CaseIterable {
    case reachedInterested = "reached_interested"
    case reachedNeedMaterials = "reached_need_materials"
    case callBackAt = "call_back_at"
    case noAnswer = "no_answer"
    case busyOrRejected = "busy_or_rejected"
    case poweredOff = "powered_off"
    case wrongPerson = "wrong_person"
    case reachedNotInterested = "reached_not_interested"
    case doNotCall = "do_not_call"
    case notEligible = "not_eligible"
    case converted, duplicate, spam

    package var title: String {
        switch self {
        case .reachedInterested: "已联系·有意向"
        case .reachedNeedMaterials: "已联系·补材料/待确认"
        case .callBackAt: "约定回拨"
        case .noAnswer: "无人接听"
        case .busyOrRejected: "占线/拒接"
        case .poweredOff: "关机/停机/不在服务区"
        case .wrongPerson: "非本人/号码错误"
        case .reachedNotInterested: "已联系·无意向"
        case .doNotCall: "要求不再联系"
        case .notEligible: "不符合条件"
        case .converted: "已签约/转化"
        case .duplicate: "重复线索"
        case .spam: "恶意/测试"
        }
    }

    /// The key on the desk, 1–9.
    package var key: Int? {
        Self.allCases.firstIndex(of: self).flatMap { $0 < 9 ? $0 + 1 : nil }
    }

    /// Whether the person was spoken to.
    package var isContact: Bool {
        switch self {
        case .reachedInterested, .reachedNeedMaterials, .callBackAt, .reachedNotInterested, .doNotCall, .notEligible,
            .converted:
            true
        case .noAnswer, .busyOrRejected, .poweredOff, .wrongPerson, .duplicate, .spam: false
        }
    }

    /// Whether the person was spoken to and wants to go on.
    package var isQualified: Bool {
        [.reachedInterested, .reachedNeedMaterials, .converted].contains(self)
    }

    /// Whether a result can count at all (contract §4.9).
    package var canCount: Bool { self != .spam && self != .duplicate }

    /// Why the task is closed, for a disposition that closes it.
    package var closedReason: String? {
        switch self {
        case .wrongPerson: "bad_number"
        case .reachedNotInterested: "not_interested"
        case .doNotCall, .notEligible, .converted, .duplicate, .spam: self.rawValue
        default: nil
        }
    }

    package var needsCallAgainAt: Bool { self == .reachedInterested || self == .callBackAt }
    package var needsReason: Bool { self == .reachedNotInterested }
    package var needsMergeTarget: Bool { self == .duplicate }
    package var needsItem: Bool { self == .notEligible }
}

/// Why a phone could not be reached, for `powered_off`.
package enum PoweredOffReason: String, Sendable, CaseIterable {
    case off, suspended
    case noService = "no_service"
}

/// When to try again, as numbers that settings may replace.
package struct Cadence: Sendable, Hashable {
    package var afterNoAnswer: TimeInterval = 2 * 3600
    package var afterBusy: TimeInterval = 30 * 60
    package var afterPoweredOff: TimeInterval = 4 * 3600
    package var materialsWorkingDays = 2
    package var mostAttempts = 6
    package var mostSuspended = 2

    package init() {}

    /// What happened before this result, counting attempts only.
    package struct History: Sendable {
        /// Counting attempts since the newest inquiry, this one included.
        package var attempts: Int
        /// Dispositions of counting attempts of this task, newest first, without this one.
        package var before: [Disposition]
        /// Earlier results that said the number is suspended.
        package var suspended: Int

        package init(attempts: Int, before: [Disposition], suspended: Int) {
            self.attempts = attempts
            self.before = before
            self.suspended = suspended
        }
    }

    /// What follows a result.
    package enum Step: Sendable, Hashable {
        case tryAgain(at: Date)
        case close(reason: String)
    }

    /// The next step after a counting result: +2 h and then the other half of a day for no answer, +30 min once for busy,
    /// +4 h for a phone that is off, at most six attempts without contact; always inside calling hours.
    package func next(
        after disposition: Disposition, reason: PoweredOffReason?, callAgainAt: Date?, history: History, at now: Date,
        calendar: WorkingCalendar, calling: CallingHours, opening: OpeningHours, window: Span?
    ) -> Step {
        if let reason = disposition.closedReason { return .close(reason: reason) }
        if disposition == .poweredOff, reason == .suspended, history.suspended + 1 >= self.mostSuspended {
            return .close(reason: "bad_number")
        }
        if !disposition.isContact, history.attempts >= self.mostAttempts { return .close(reason: "unreachable") }
        if let callAgainAt { return .tryAgain(at: callAgainAt) }
        func open(_ instant: Date) -> Step { .tryAgain(at: calling.next(from: instant, window: window)) }
        switch disposition {
        case .busyOrRejected where history.before.first != .busyOrRejected:
            return open(now.addingTimeInterval(self.afterBusy))
        case .poweredOff: return open(now.addingTimeInterval(self.afterPoweredOff))
        case .reachedNeedMaterials:
            var day = ShanghaiDate(now)
            for _ in 0..<self.materialsWorkingDays { day = calendar.nextWorkingDay(after: day) }
            return open(day.at(minute: opening.opens))
        default:
            let isFirst = !history.before.contains(.noAnswer)
            return open(
                isFirst ? now.addingTimeInterval(self.afterNoAnswer) : Self.otherHalf(of: now, calendar: calendar))
        }
    }

    /// The other half of the working day: this afternoon after a morning try, else the next working day's morning.
    private static func otherHalf(of now: Date, calendar: WorkingCalendar) -> Date {
        let today = ShanghaiDate(now)
        if ShanghaiDate.minute(of: now) < 720, calendar.isWorkingDay(today) { return today.at(minute: 840) }
        return calendar.nextWorkingDay(after: today).at(minute: 570)
    }
}
