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

    /// Promises of one day with the same record, and how far their inquiries came.
    struct DayPromise: Sendable {
        var day: ShanghaiDate
        var record: PromiseRecord
        var funnel: Funnel

        init?(day: ShanghaiDate, name: String, funnel: Funnel) {
            guard let record = PromiseRecord(name: name) else { return nil }
            (self.day, self.record, self.funnel) = (day, record, funnel)
        }
    }

    let period: Period
    let asOf: Date
    /// Nil when no code of the period is kept any more.
    var codes: Codes?
    /// Nil when no message of the period is kept any more.
    var messages: Messages?
    private(set) var funnel = Funnel()
    private(set) var days: [ShanghaiDate: Day] = [:]
    private(set) var promises: [PromiseOutcome: Int] = [:]
    private(set) var endings: [Ending: Int] = [:]
    /// Nil when the period has not begun.
    var previous: Previous?
    var advisers: [AdviserLoad] = []
    /// What does not hang on the period's inquiries; nil where it was not asked for.
    var bands: Bands?
    /// What the advertisements of each source cost in the period, in fen.
    var costs: [String: Int] = [:]
    let sources: [String: Funnel]
    let articles: [String: Funnel]
    /// Open time from acceptance to the first counting attempt, to the first time the person was spoken to, and to the first
    /// time they wanted to go on, in minutes.
    let firstAttempt: Delays
    let firstContact: Delays
    let firstQualified: Delays
    let scores: Scores

    init(period: Period, asOf: Date, counts: InquiryCounts, promises: [DayPromise]) {
        (self.period, self.asOf) = (period, asOf)
        self.sources = counts.names(.source)
        self.articles = counts.names(.article)
        (self.firstAttempt, self.firstContact) = (counts.firstAttempt, counts.firstContact)
        self.firstQualified = counts.firstQualified
        self.scores = Scores(
            bins: Dictionary(
                uniqueKeysWithValues: counts.names(.score).compactMap { name, funnel in
                    Int(name).map { ($0, funnel.accepted) }
                }), suggested: counts.names(.suggested).mapValues(\.accepted))
        for promise in promises {
            let outcome = promise.record.outcome(at: asOf)
            self.funnel = self.funnel + promise.funnel
            self.promises[outcome, default: 0] += promise.funnel.accepted
            self.days[promise.day, default: Day()].count(outcome, times: promise.funnel.accepted)
            if case .leftOut(let ending) = promise.record {
                self.endings[ending, default: 0] += promise.funnel.accepted
            }
        }
    }
}
