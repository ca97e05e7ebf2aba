import Foundation
import Leads

/// A code on its way into the database, everything secret already sealed or hashed.
struct CodeDraft: Sendable {
    var challenge: UUID
    var message: UUID
    var purpose: VerificationPurpose
    var phoneIndex: [UInt8]
    var mac: [UInt8]
    var template: String
    var phoneSealed: [UInt8]
    var parametersSealed: [UInt8]
    /// The form and the way it was used.
    var source: String
    /// The network it was asked for from, hashed; nil when nobody asked.
    var network: [UInt8]?
    /// Why no gateway gets it.
    var withholding: SendRules.Withholding?
    /// Which slot of a shared window is tried first.
    var seed: Int
    var cooldown: TimeInterval
    var hourly: Int
    var daily: Int
    var wrongHourly: Int
    var wrongDaily: Int

    /// Seconds until the number may have its next code.
    func wait(after used: PhoneBudget?, at now: Date) -> Int {
        guard let used else { return 1 }
        let waits = [
            (used.sends.max() ?? .distantPast).addingTimeInterval(self.cooldown).timeIntervalSince(now),
            Self.wait(used.sends, limit: self.hourly, within: 3600, at: now),
            Self.wait(used.sends, limit: self.daily, within: 86400, at: now),
            Self.wait(used.wrongs, limit: self.wrongHourly, within: 3600, at: now),
            Self.wait(used.wrongs, limit: self.wrongDaily, within: 86400, at: now),
        ]
        return max(1, Int((waits.max() ?? 1).rounded(.up)))
    }

    /// How long until fewer than `limit` of `times` lie within the last `seconds`.
    private static func wait(_ times: [Date], limit: Int, within seconds: TimeInterval, at now: Date) -> TimeInterval {
        let recent = times.filter { $0 > now.addingTimeInterval(-seconds) }.sorted()
        guard recent.count >= limit else { return 0 }
        return recent[recent.count - limit].addingTimeInterval(seconds).timeIntervalSince(now)
    }
}

/// Everything one statement needs to issue a code or to say why not.
struct SendRequest: Sendable {
    var draft: CodeDraft
    var windows: [SendWindow]
    var proof: ProofOfWork.Proof?
    /// Whether it may pass while every send costs a proof.
    var isProven: Bool
}

/// What the statement said.
enum Admission: Sendable, Equatable {
    case admitted
    /// The proof was taken before.
    case proofUsed
    case numberUsedUp
    case stopped
    case needsProof
    /// The window at this index has no room for this send.
    case full(Int)
}

/// How full the windows are, and what the breaker says.
struct SendState: Sendable {
    var windows: [SendWindow]
    var used: [Int]
    var breaker: SendBreaker?

    /// The same of the windows alone that everybody shares.
    var shared: SendState {
        let pairs = zip(self.windows, self.used).filter { $0.0.kind.isShared }
        return SendState(windows: pairs.map(\.0), used: pairs.map(\.1), breaker: self.breaker)
    }

    /// Until when nobody gets a code without a proof, if that is why one was refused.
    func askedUntil(_ admission: Admission) -> Date? {
        switch admission {
        case .needsProof: self.breaker?.raisedUntil
        case .full(let index) where self.windows[index].kind.isShared: self.windows[index].end
        default: nil
        }
    }

    /// Seconds until a send may be tried at all; nil when one may.
    func wait(at now: Date) -> Int? {
        var ends = zip(self.windows, self.used).filter { $1 >= $0.ceiling }.map(\.0.end)
        if let until = self.breaker?.stoppedUntil, until > now { ends.append(until) }
        return ends.max().map { max(1, Int($0.timeIntervalSince(now).rounded(.up))) }
    }

    /// The largest number of a challenge while nothing is warm.
    static let easiest = 50_000

    /// The largest number of a challenge: four, eight and ten times the normal one as the fullest window warms.
    func difficulty(at now: Date) -> Int {
        let heat = zip(self.windows, self.used).map { Double($1) / Double($0.ceiling) }.max() ?? 0
        var factor = heat < 0.65 ? 1 : heat < 0.8 ? 4 : heat < 0.9 ? 8 : 10
        if let until = self.breaker?.raisedUntil, until > now { factor = max(factor, 8) }
        return min(Self.easiest * factor, ProofOfWork.largestNumber)
    }
}

/// While raised every send costs a proof; while stopped nothing is sent.
struct SendBreaker: Sendable {
    var raisedUntil: Date
    var stoppedUntil: Date?
}
