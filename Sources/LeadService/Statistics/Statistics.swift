import Foundation
import Leads

/// What the inquiries of a period came to; `Statistics.md` says what each number is.
struct Statistics: Sendable {
    /// Days in Shanghai, both included.
    struct Period: Sendable, Equatable {
        var from: ShanghaiDate
        var to: ShanghaiDate

        static let longest = 400

        /// The last seven days.
        static func recent(_ now: Date) -> Period {
            let today = ShanghaiDate(now)
            return Period(from: today.adding(-6), to: today)
        }

        var time: Range<Date> { self.from.at(minute: 0)..<self.to.adding(1).at(minute: 0) }
    }

    /// How many inquiries came how far.
    struct Funnel: Sendable, Equatable {
        var accepted = 0
        var attempted = 0
        var contacted = 0
        var qualified = 0
        var converted = 0

        mutating func count(_ inquiry: CountedInquiry) {
            self.accepted += 1
            self.attempted += inquiry.metAt == nil ? 0 : 1
            self.contacted += inquiry.contactAt == nil ? 0 : 1
            self.qualified += inquiry.qualifiedAt == nil ? 0 : 1
            self.converted += inquiry.isConverted ? 1 : 0
        }
    }

    /// Why inquiries were over before their deadline without an attempt, and by whom.
    struct Ending: Sendable, Hashable {
        var by: String?
        var reason: String
    }

    /// Codes of the part of the period that they are kept for.
    struct Codes: Sendable {
        var from: ShanghaiDate
        var forms: [CodeCount]
        var sent: Int { self.forms.reduce(0) { $0 + $1.sent } }
        var verified: Int { self.forms.reduce(0) { $0 + $1.verified } }
    }

    let period: Period
    let asOf: Date
    /// Nil when no code of the period is kept any more.
    fileprivate(set) var codes: Codes?
    /// Nil when no message of the period is kept any more.
    fileprivate(set) var messages: Messages?
    fileprivate(set) var funnel = Funnel()
    fileprivate(set) var sources: [String: Funnel] = [:]
    fileprivate(set) var articles: [String: Funnel] = [:]
    fileprivate(set) var days: [ShanghaiDate: Day] = [:]
    /// Nil when the period has not begun.
    fileprivate(set) var previous: Previous?
    fileprivate(set) var promises: [PromiseOutcome: Int] = [:]
    fileprivate(set) var endings: [Ending: Int] = [:]
    /// Open time from acceptance to the first counting attempt, to the first time the person was spoken to, and to the first
    /// time they wanted to go on.
    fileprivate(set) var firstAttempt = Delays()
    fileprivate(set) var firstContact = Delays()
    fileprivate(set) var firstQualified = Delays()
    fileprivate(set) var scores = Scores()
    fileprivate(set) var advisers: [AdviserLoad] = []
    /// What the advertisements of each source cost in the period, in fen.
    fileprivate(set) var costs: [String: Int] = [:]

    fileprivate init(period: Period, asOf: Date) {
        (self.period, self.asOf) = (period, asOf)
    }

    fileprivate mutating func count(_ inquiry: CountedInquiry, _ open: (Date, Date) -> TimeInterval) {
        self.funnel.count(inquiry)
        self.sources[inquiry.source, default: Funnel()].count(inquiry)
        self.articles[inquiry.article, default: Funnel()].count(inquiry)
        let outcome = PromiseOutcome(
            dueAt: inquiry.dueAt, metAt: inquiry.metAt, endedAt: inquiry.endedAt, at: self.asOf)
        self.promises[outcome, default: 0] += 1
        self.days[ShanghaiDate(inquiry.acceptedAt), default: Day()].count(outcome)
        if outcome == .leftOut {
            self.endings[Ending(by: inquiry.endedBy, reason: inquiry.endReason ?? "unknown"), default: 0] += 1
        }
        if let met = inquiry.metAt { self.firstAttempt.add(open(inquiry.acceptedAt, met)) }
        if let contact = inquiry.contactAt { self.firstContact.add(open(inquiry.acceptedAt, contact)) }
        if let qualified = inquiry.qualifiedAt { self.firstQualified.add(open(inquiry.acceptedAt, qualified)) }
        if let total = inquiry.total { self.scores.add(total, suggested: inquiry.suggested) }
    }
}

/// Works the statistics out of one snapshot of the tables.
struct StatisticsReader: Sendable {
    let database: Database
    let dependencies: Dependencies
    let settings: SettingsStore
    let calendar: CalendarStore

    private static let batch = 2000

    /// More events than this are no file that an advertiser's system takes.
    private static let mostConversions = 100_000

    /// What became of clicks within a period, told to the audit.
    ///
    /// - Throws: 422 `period_too_long` where there are more than a file holds.
    func conversions(_ period: Statistics.Period, for session: StaffSession) async throws -> [Conversion] {
        let event = Audit(dependencies: self.dependencies).event(
            "conversions.export", on: "\(period.from)/\(period.to)", by: session.username, role: session.auditRole)
        return try await self.database.transaction { tx in
            let found = try await tx.conversions(
                from: period.time.lowerBound, before: period.time.upperBound, limit: Self.mostConversions + 1)
            guard found.count <= Self.mostConversions else {
                throw Problem(failures: [
                    ValidationFailure(
                        "period_too_long", at: "/from", "事件太多，请缩短起止日期", english: "Too many events; choose fewer days.")
                ])
            }
            try await tx.insert(event)
            return found
        }
    }

    /// The numbers of a period and, for comparison, of the one before it.
    func read(_ period: Statistics.Period) async throws -> Statistics {
        let now = self.dependencies.now()
        let prices = self.settings.current.smsPrices
        let messages = self.kept(.messages, of: period, at: now)
        return try await self.database.snapshot { tx in
            var statistics = try await self.count(period, at: now, in: tx)
            if let before = period.before(ShanghaiDate(now)) {
                statistics.previous = Statistics.Previous(
                    period: before, numbers: try await self.count(before, at: now, in: tx).headlines)
            }
            if let messages {
                statistics.messages = Statistics.Messages(
                    from: messages.from, gateways: try await tx.gatewayStatistics(in: messages.time, at: now),
                    prices: prices)
            }
            statistics.costs = try await tx.advertisingCosts(in: period)
            statistics.advisers = try await tx.adviserLoads(in: period.time, at: now)
            return statistics
        }
    }

    /// One of its tables as a file, told to the audit.
    func table(
        _ name: StatisticsTable.Name, _ period: Statistics.Period, labels: Questionnaire, for session: StaffSession
    ) async throws -> StatisticsTable {
        let statistics = try await self.read(period)
        let event = Audit(dependencies: self.dependencies).event(
            "statistics.export", on: "\(name.rawValue) \(period.from)/\(period.to)", by: session.username,
            role: session.auditRole)
        try await self.database.transaction { tx in try await tx.insert(event) }
        return statistics.table(name, labels: labels)
    }

    /// The inquiries of a period, and the codes.
    private func count(_ period: Statistics.Period, at now: Date, in tx: Transaction) async throws -> Statistics {
        let settings = self.settings.current
        let calendar = self.calendar.current
        var statistics = Statistics(period: period, asOf: now)
        var last: CountedInquiry?
        repeat {
            let rows = try await tx.countedInquiries(accepted: period.time, after: last, limit: Self.batch)
            for row in rows {
                statistics.count(row) {
                    calendar.workingSeconds(from: $0, to: $1, within: settings.openingHours)
                }
            }
            last = rows.count == Self.batch ? rows.last : nil
        } while last != nil
        if let codes = self.kept(.codes, of: period, at: now) {
            statistics.codes = Statistics.Codes(
                from: codes.from, forms: try await tx.codeCounts(issued: codes.time))
        }
        return statistics
    }

    /// The part of a period whose rows are all kept: retention takes them by the hour, so from the first whole day that is left.
    private func kept(_ term: RetentionTerm, of period: Statistics.Period, at now: Date) -> Statistics.Period? {
        let first = ShanghaiDate(self.settings.current.retention.cutoff(of: term, at: now)).adding(1)
        let kept = Statistics.Period(from: max(period.from, first), to: period.to)
        return kept.from <= kept.to ? kept : nil
    }
}
