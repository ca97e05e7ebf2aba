import Foundation
import Leads

/// Works the statistics out of one snapshot: days that are kept as they are, all others from their rows.
struct StatisticsReader: Sendable {
    let database: Database
    let dependencies: Dependencies
    let settings: SettingsStore
    let calendar: CalendarStore
    let budgets: SendBudgets

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
        let counter = InquiryCounter(calendar: self.calendar.current, hours: self.settings.current.openingHours)
        let budget = self.budgets.sharedWindows(settings: self.settings.current, at: now).filter { $0.kind == .allDay }
        return try await self.database.snapshot { tx in
            let marked = Set(try await tx.markedDays())
            var live: [ShanghaiDate: InquiryCounts] = [:]
            func days(_ period: Statistics.Period) async throws -> KeptDays {
                try await KeptDays(
                    of: period, without: marked, measuredBy: counter, at: now, counted: &live, in: tx)
            }
            let own = try await days(period)
            var statistics = Statistics(
                period: period, asOf: now, counts: try await own.counts(InquiryCounts.Number.allCases, in: tx),
                promises: try await own.promises(in: tx))
            statistics.codes = try await self.codes(of: period, at: now, in: tx)
            let activity = try await own.activity(in: tx)
            statistics.advisers = try await tx.adviserLoads(did: activity, at: now)
            statistics.costs = try await tx.advertisingCosts(in: period)
            if let messages {
                statistics.messages = Statistics.Messages(
                    from: messages.from, gateways: try await own.within(messages).messages(at: now, in: tx),
                    prices: prices)
            }
            var present = try await tx.present(at: now)
            if let window = budget.first, let used = try await tx.usage(of: [window]).first {
                present.budgetPercent = used * 100 / max(1, window.ceiling)
            }
            let today = ShanghaiDate(now)
            let month = try await days(Statistics.Period(from: today.adding(-29), to: today))
            var recent: [Statistics.Recent] = []
            for (name, title, length) in Statistics.Recent.periods {
                let part = month.within(Statistics.Period(from: today.adding(1 - length), to: today))
                let counts = try await part.counts([], in: tx)
                let whole = Statistics(
                    period: part.period, asOf: now, counts: counts, promises: try await part.promises(in: tx))
                recent.append(
                    Statistics.Recent(
                        name: name, title: title, promises: whole.promises, firstAttempt: whole.firstAttempt,
                        firstContact: whole.firstContact))
            }
            statistics.bands = Statistics.Bands(
                present: present, recent: recent,
                breaches: try await tx.breaches(on: statistics.breachDays, at: now, limit: Statistics.mostBreaches),
                care: try await tx.care(in: period.time), careBefore: nil,
                reveals: activity.reduce(0) { $0 + $1.reveals }, revealsBefore: nil,
                exporters: try await tx.exporters(in: period.time),
                jobs: try await tx.jobStates(JobName.allCases.map(\.rawValue), at: now),
                calendar: [today.components.year, today.components.year + 1].map {
                    ($0, counter.calendar.covers(year: $0))
                })
            if let before = period.before(today) {
                let earlier = try await days(before)
                var numbers = Statistics(
                    period: before, asOf: now, counts: try await earlier.counts([.score], in: tx),
                    promises: try await earlier.promises(in: tx))
                numbers.codes = try await self.codes(of: before, at: now, in: tx)
                statistics.previous = Statistics.Previous(period: before, numbers: numbers.headlines)
                statistics.bands?.careBefore = try await tx.care(in: before.time)
                statistics.bands?.revealsBefore = try await earlier.activity(in: tx).reduce(0) { $0 + $1.reveals }
            }
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

    private func codes(
        of period: Statistics.Period, at now: Date, in tx: Transaction
    ) async throws -> Statistics.Codes? {
        guard let kept = self.kept(.codes, of: period, at: now) else { return nil }
        return Statistics.Codes(from: kept.from, forms: try await tx.codeCounts(issued: kept.time))
    }

    /// The part of a period whose rows are all kept: retention takes them by the hour, so from the first whole day that is left.
    private func kept(_ term: RetentionTerm, of period: Statistics.Period, at now: Date) -> Statistics.Period? {
        let first = ShanghaiDate(self.settings.current.retention.cutoff(of: term, at: now)).adding(1)
        let kept = Statistics.Period(from: max(period.from, first), to: period.to)
        return kept.from <= kept.to ? kept : nil
    }
}

/// The days of a period: which of them are kept as they are, and the numbers of the others.
private struct KeptDays: Sendable {
    let period: Statistics.Period
    /// Those that are kept, to be added up by the database.
    private let rolled: [RolledDay]
    /// The stretches of all others, to be counted from their rows.
    private let live: [Statistics.Period]
    private let liveCounts: [ShanghaiDate: InquiryCounts]

    /// - Parameters:
    ///   - marked: days of which something changed since they were kept.
    ///   - counted: what was counted from rows already, and now is.
    init(
        of period: Statistics.Period, without marked: Set<ShanghaiDate>, measuredBy counter: InquiryCounter,
        at now: Date, counted: inout [ShanghaiDate: InquiryCounts], in tx: Transaction
    ) async throws {
        self.period = period
        self.rolled = try await tx.rolledDays(in: period).filter { !marked.contains($0.day) && counter.measures($0) }
        self.live = Self.gaps(in: period, between: self.rolled.map(\.day), before: ShanghaiDate(now).adding(1))
        for stretch in self.live {
            let days = stretch.days
            guard !days.allSatisfy({ counted[$0] != nil }) else { continue }
            for day in days where counted[day] == nil { counted[day] = InquiryCounts() }
            counted.merge(try await counter.days(stretch, in: tx)) { $1 }
        }
        let known = counted
        self.liveCounts = Dictionary(
            uniqueKeysWithValues: self.live.flatMap(\.days).map { ($0, known[$0] ?? InquiryCounts()) })
    }

    private init(_ whole: KeptDays, within period: Statistics.Period) {
        self.period = period
        self.rolled = whole.rolled.filter { period.from <= $0.day && $0.day <= period.to }
        self.live = whole.live.compactMap {
            let stretch = Statistics.Period(from: max($0.from, period.from), to: min($0.to, period.to))
            return stretch.from <= stretch.to ? stretch : nil
        }
        self.liveCounts = whole.liveCounts.filter { period.from <= $0.key && $0.key <= period.to }
    }

    func within(_ period: Statistics.Period) -> KeptDays { KeptDays(self, within: period) }

    /// The stretches of days of a period up to tomorrow that are not among some, which are in order.
    private static func gaps(
        in period: Statistics.Period, between days: [ShanghaiDate], before end: ShanghaiDate
    ) -> [Statistics.Period] {
        var (gaps, from): ([Statistics.Period], ShanghaiDate) = ([], period.from)
        let last = min(period.to, end.adding(-1))
        for day in days {
            if from < day { gaps.append(Statistics.Period(from: from, to: day.adding(-1))) }
            from = day.adding(1)
        }
        if from <= last { gaps.append(Statistics.Period(from: from, to: last)) }
        return gaps
    }

    private var range: RolledRange {
        RolledRange(period: self.period, without: self.live.flatMap(\.days))
    }

    /// What the inquiries of all days come to, under these numbers.
    func counts(_ numbers: [InquiryCounts.Number], in tx: Transaction) async throws -> InquiryCounts {
        var counts = InquiryCounts()
        for day in self.liveCounts.values { counts += day }
        for day in self.rolled { day.add(to: &counts) }
        let numbers = numbers.filter { $0 != .promise }
        guard !numbers.isEmpty else { return counts }
        for row in try await tx.namedCounts(of: numbers, in: self.range) {
            counts.funnels[row.key] = (counts.funnels[row.key] ?? Statistics.Funnel()) + row.funnel
        }
        return counts
    }

    /// What became of the promises of each day.
    func promises(in tx: Transaction) async throws -> [Statistics.DayPromise] {
        let kept = try await tx.namedCounts(of: [.promise], in: self.range, byDay: true).compactMap { row in
            row.day.flatMap { Statistics.DayPromise(day: $0, name: row.key.name, funnel: row.funnel) }
        }
        return kept
            + self.liveCounts.flatMap { day, counts in
                counts.names(.promise).compactMap { Statistics.DayPromise(day: day, name: $0.key, funnel: $0.value) }
            }
    }

    func activity(in tx: Transaction) async throws -> [AdviserActivity] {
        var rows = try await tx.rolledActivity(in: self.range)
        for stretch in self.live { rows += try await tx.adviserActivity(in: stretch.time) }
        return rows
    }

    func messages(at now: Date, in tx: Transaction) async throws -> [GatewayStatistics] {
        var rows = try await tx.rolledMessages(in: self.range)
        for stretch in self.live { rows += try await tx.gatewayStatistics(in: stretch.time, at: now) }
        return GatewayStatistics.summed(rows)
    }
}

extension Statistics.Period {
    var days: [ShanghaiDate] { (self.from.dayNumber...self.to.dayNumber).map { ShanghaiDate(dayNumber: $0) } }
}
