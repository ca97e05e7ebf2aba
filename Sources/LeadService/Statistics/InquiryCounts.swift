import Foundation
import Leads

/// What became of a promise, as far as it does not depend on when one asks.
enum PromiseRecord: Sendable, Hashable {
    case kept
    /// Met too late.
    case late
    case leftOut(Statistics.Ending)
    /// Not met; it is broken once this is past.
    case due(Date)

    init(_ inquiry: CountedInquiry) {
        // At its acceptance every deadline lies ahead: what is open then and was not met waits for its deadline.
        self =
            switch PromiseOutcome(
                dueAt: inquiry.dueAt, metAt: inquiry.metAt, endedAt: inquiry.endedAt, at: inquiry.acceptedAt)
            {
            case .kept: .kept
            case .broken: .late
            case .leftOut: .leftOut(Statistics.Ending(by: inquiry.endedBy, reason: inquiry.endReason ?? "unknown"))
            case .open: .due(inquiry.dueAt)
            }
    }

    func outcome(at now: Date) -> PromiseOutcome {
        switch self {
        case .kept: .kept
        case .late: .broken
        case .leftOut: .leftOut
        case .due(let deadline): PromiseOutcome(dueAt: deadline, metAt: nil, endedAt: nil, at: now)
        }
    }

    /// As it is stored; neither a reason nor a username has a slash.
    var name: String {
        switch self {
        case .kept: "kept"
        case .late: "late"
        case .leftOut(let ending): "left_out/\(ending.reason)" + (ending.by.map { "/\($0)" } ?? "")
        case .due(let deadline): "due/\(deadline.timeIntervalSince1970)"
        }
    }

    init?(name: String) {
        let parts = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("kept", 1): self = .kept
        case ("late", 1): self = .late
        case ("left_out", 2...):
            self = .leftOut(Statistics.Ending(by: parts.count > 2 ? parts[2] : nil, reason: parts[1]))
        case ("due", 2):
            guard let time = Double(parts[1]) else { return nil }
            self = .due(Date(timeIntervalSince1970: time))
        default: return nil
        }
    }
}

/// Inquiries of some days: how many have a name under a number and how far they came, and how long things took.
struct InquiryCounts: Sendable, Equatable {
    /// What inquiries are told apart by; every inquiry has one name under the first three.
    enum Number: String, Sendable, CaseIterable {
        case promise, source, article
        /// Those with an assessment, by tens of points.
        case score
        /// Those below the standard, by each answer that a suggested step changes.
        case suggested
    }

    struct Key: Sendable, Hashable {
        var number: Number
        var name: String
    }

    var funnels: [Key: Statistics.Funnel] = [:]
    /// Open time from acceptance to the first counting attempt, to the first time the person was spoken to, and to the first
    /// time they wanted to go on.
    var firstAttempt = Delays()
    var firstContact = Delays()
    var firstQualified = Delays()
    /// The last instant that one of these lengths ends with.
    private(set) var until: Date?

    mutating func count(_ inquiry: CountedInquiry, _ open: (Date, Date) -> TimeInterval) {
        var funnel = Statistics.Funnel()
        funnel.count(inquiry)
        var keys = [
            Key(number: .promise, name: PromiseRecord(inquiry).name), Key(number: .source, name: inquiry.source),
            Key(number: .article, name: inquiry.article),
        ]
        if let total = inquiry.total {
            keys.append(Key(number: .score, name: "\(total / Scores.width)"))
            if total < AssessedAnswers.standard {
                keys += inquiry.suggested.map { Key(number: .suggested, name: $0) }
            }
        }
        for key in keys { self.funnels[key] = (self.funnels[key] ?? Statistics.Funnel()) + funnel }
        func measure(_ end: Date?, _ delays: inout Delays) {
            guard let end else { return }
            delays.add(minutesOf: open(inquiry.acceptedAt, end))
            self.until = max(self.until ?? end, end)
        }
        measure(inquiry.metAt, &self.firstAttempt)
        measure(inquiry.contactAt, &self.firstContact)
        measure(inquiry.qualifiedAt, &self.firstQualified)
    }

    static func += (left: inout Self, right: Self) {
        left.funnels.merge(right.funnels) { $0 + $1 }
        left.firstAttempt += right.firstAttempt
        left.firstContact += right.firstContact
        left.firstQualified += right.firstQualified
    }

    /// The names under a number.
    func names(_ number: Number) -> [String: Statistics.Funnel] {
        var names: [String: Statistics.Funnel] = [:]
        for (key, funnel) in self.funnels where key.number == number { names[key.name] = funnel }
        return names
    }
}
