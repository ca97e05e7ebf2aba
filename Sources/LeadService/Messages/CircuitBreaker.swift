package import Foundation
import Synchronization

/// Keeps messages away from a gateway that fails, and lets a single one through now and then to see whether it is back.
///
/// It lives in its process: every process finds out within three messages by itself, while a shared row would be
/// written by every message of every process for nothing.
package final class CircuitBreaker: Sendable {
    package enum State: Int, Sendable {
        case closed, halfOpen, open
    }

    private enum Condition {
        case closed(failures: Int)
        /// `least` is what the gateway itself asked for, which the last way waits for too.
        case open(since: Date, pause: TimeInterval, least: TimeInterval = 0)
        case probing(since: Date, pause: TimeInterval)
    }

    static let failures = 3
    static let shortestPause: TimeInterval = 10
    /// A code lives for five minutes and its visitor waits: who is back is found out while it is still of use.
    static let longestPause: TimeInterval = 20
    /// A probe that has not come back after this long belongs to nobody.
    private static let longestProbe: TimeInterval = 20

    private let condition = Mutex(Condition.closed(failures: 0))

    package init() {}

    package var state: State {
        self.condition.withLock {
            switch $0 {
            case .closed: .closed
            case .open: .open
            case .probing: .halfOpen
            }
        }
    }

    /// Whether a message may go; when the pause is over, the first one that asks is the probe.
    ///
    /// - Parameter isLastWay: no other gateway takes the message, so that the pause is never more than the shortest one.
    package func admits(at now: Date, isLastWay: Bool = false) -> Bool {
        self.condition.withLock { condition in
            switch condition {
            case .closed: return true
            case .open(let since, let pause, let least):
                guard now >= since.addingTimeInterval(isLastWay ? Self.shortest(pause, least) : pause) else {
                    return false
                }
                condition = .probing(since: now, pause: pause)
                return true
            case .probing(let since, let pause):
                guard now >= since.addingTimeInterval(Self.longestProbe) else { return false }
                condition = .probing(since: now, pause: pause)
                return true
            }
        }
    }

    /// When it is worth asking again while every gateway rests.
    package func opensAgain(after now: Date) -> Date {
        self.condition.withLock {
            switch $0 {
            case .closed: now
            case .open(let since, let pause, let least): max(now, since.addingTimeInterval(Self.shortest(pause, least)))
            case .probing: now.addingTimeInterval(1)
            }
        }
    }

    private static func shortest(_ pause: TimeInterval, _ least: TimeInterval) -> TimeInterval {
        max(min(pause, self.shortestPause), least)
    }

    /// Counts what came of a message that went; a gateway that says how long it will not take any is believed at once.
    package func record(_ outcome: SendOutcome, at now: Date) {
        guard case .refused(_, _, let rests?) = outcome else {
            return self.record(isHealthy: outcome.isHealthy, at: now)
        }
        self.condition.withLock { condition in
            // A shorter rest that was named later does not end a longer one.
            if case .open(let since, _, let least) = condition,
                since.addingTimeInterval(least) >= now.addingTimeInterval(rests)
            {
                return
            }
            condition = .open(since: now, pause: max(rests, Self.shortestPause), least: rests)
        }
    }

    /// Counts whether the gateway did its work.
    package func record(isHealthy: Bool, at now: Date) {
        self.condition.withLock { condition in
            switch (condition, isHealthy) {
            case (.open, _): break  // An answer to a message that went before it opened.
            case (_, true): condition = .closed(failures: 0)
            case (.closed(let failures), false):
                condition =
                    failures + 1 < Self.failures
                    ? .closed(failures: failures + 1)
                    : .open(since: now, pause: Self.shortestPause)
            case (.probing(_, let pause), false):
                condition = .open(since: now, pause: min(pause * 2, Self.longestPause))
            }
        }
    }
}

/// One breaker for each gateway and purpose: a template that a vendor refuses says nothing of the messages that have another.
struct CircuitBreakers: Sendable {
    private let breakers: [String: [MessagePurpose: CircuitBreaker]]

    init(gateways: [String]) {
        self.breakers = Dictionary(
            gateways.map { name in
                (name, Dictionary(uniqueKeysWithValues: MessagePurpose.allCases.map { ($0, CircuitBreaker()) }))
            }, uniquingKeysWith: { first, _ in first })
    }

    subscript(gateway: String, template: String) -> CircuitBreaker? {
        MessagePurpose(rawValue: template).flatMap { self.breakers[gateway]?[$0] }
    }

    /// Counts what came of a message; a rest that the vendor named is of the account, so that no purpose sends meanwhile.
    func record(_ outcome: SendOutcome, gateway: String, template: String, at now: Date) {
        if case .refused(_, _, .some) = outcome {
            for breaker in self.breakers[gateway, default: [:]].values { breaker.record(outcome, at: now) }
        } else {
            self[gateway, template]?.record(outcome, at: now)
        }
    }
}

extension SendOutcome {
    /// Whether the gateway did its work; a number it refuses is none of its faults.
    var isHealthy: Bool {
        switch self {
        case .accepted: true
        case .refused(_, let refusal, _): !refusal.mayGoElsewhere || self == .noTemplate
        case .unknown: false
        }
    }
}
