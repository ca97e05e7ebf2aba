import Foundation
import Leads

/// One counted window: at most `ceiling` uses from `start` to `end`.
struct BudgetBucket: Sendable {
    var key: [UInt8]
    var start: Date
    var end: Date
    var ceiling: Int
}

/// How many codes may be sent, per number, prefix, address, network and in all; every number times the budget factor.
struct SendBudgets: Sendable {
    private let keys: KeyRing
    private let factor: Double

    init(keys: KeyRing, factor: Double) {
        self.keys = keys
        self.factor = factor
    }

    func scaled(_ number: Int) -> Int {
        max(1, Int(min(Double(Int32.max), (Double(number) * self.factor).rounded())))
    }

    /// The windows that a send counts in, in the order of their keys, so that two sends lock them in the same order.
    func buckets(phone: PhoneNumber, address: ClientAddress, settings: Settings, at now: Date) -> [BudgetBucket] {
        let prefix = String(phone.national.dropLast(4))
        return [
            self.bucket("send-prefix-hour", prefix, 3600, 20, now),
            self.bucket("send-address-hour", address.household, 3600, settings.sendsPerAddressPerHour, now),
            self.bucket("send-address-day", address.household, 86400, 200, now),
            self.bucket("send-network-hour", address.network, 3600, 200, now),
            self.bucket("send-all-minute", "", 60, settings.sendsPerMinute, now),
            self.bucket("send-all-day", "", 86400, settings.sendsPerDay, now),
        ].sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// The windows that a wrong code counts in.
    func wrongBuckets(address: ClientAddress, at now: Date) -> [BudgetBucket] {
        [
            self.bucket("wrong-address-hour", address.household, 3600, 30, now),
            self.bucket("wrong-network-hour", address.network, 3600, 100, now),
            self.bucket("wrong-all", "", 600, 200, now),
        ].sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// Seconds until the next send may be tried.
    func retryAfter(phone: PhoneBudget?, full: [BudgetBucket], draft: CodeDraft, at now: Date) -> Int {
        var waits = full.map { $0.end.timeIntervalSince(now) }
        if let phone {
            waits.append((phone.sends.max() ?? .distantPast).addingTimeInterval(draft.cooldown).timeIntervalSince(now))
            waits.append(Self.wait(phone.sends, limit: draft.hourly, within: 3600, at: now))
            waits.append(Self.wait(phone.sends, limit: draft.daily, within: 86400, at: now))
            waits.append(Self.wait(phone.wrongs, limit: draft.wrongHourly, within: 3600, at: now))
            waits.append(Self.wait(phone.wrongs, limit: draft.wrongDaily, within: 86400, at: now))
        }
        return max(1, Int((waits.max() ?? 1).rounded(.up)))
    }

    /// How long until fewer than `limit` of `times` lie within the last `seconds`.
    private static func wait(_ times: [Date], limit: Int, within seconds: TimeInterval, at now: Date) -> TimeInterval {
        let recent = times.filter { $0 > now.addingTimeInterval(-seconds) }.sorted()
        guard recent.count >= limit else { return 0 }
        return recent[recent.count - limit].addingTimeInterval(seconds).timeIntervalSince(now)
    }

    private func bucket(
        _ kind: String, _ value: String, _ seconds: TimeInterval, _ ceiling: Int, _ now: Date
    ) -> BudgetBucket {
        let start = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / seconds).rounded(.down) * seconds)
        return BudgetBucket(
            key: self.keys.bucket(kind, value), start: start, end: start.addingTimeInterval(seconds),
            ceiling: self.scaled(ceiling))
    }
}
