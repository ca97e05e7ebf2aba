import Foundation

/// Slows guessing of passwords down, and locks nobody out for good.
///
/// Ten failures in 15 minutes per name, known or not, and thirty per address are free; each further one doubles the wait,
/// from a second to five minutes (contract §3).
///
/// A try counts as a failure before the password is compared, so that parallel guesses cannot slip under the limit; a
/// success takes it back.
struct LoginThrottle: Sendable {
    /// A try that was counted.
    struct Attempt: Sendable {
        fileprivate let name: [UInt8]
        fileprivate let address: [UInt8]
        fileprivate let at: Date
    }

    private static let window: TimeInterval = 15 * 60
    private static let longestWait: TimeInterval = 300
    private let database: Database
    private let keys: KeyRing
    private let nameLimit: Int
    private let addressLimit: Int

    init(database: Database, keys: KeyRing, factor: Double) {
        self.database = database
        self.keys = keys
        self.nameLimit = Self.scaled(10, factor)
        self.addressLimit = Self.scaled(30, factor)
    }

    /// Counts a try.
    ///
    /// - Throws: 429 while the name or the address has to wait; that try is not counted.
    func begin(name: String, address: ClientAddress, at now: Date) async throws -> Attempt {
        let attempt = Attempt(
            name: self.keys.bucket("login-name", name), address: self.keys.bucket("login-address", address.household),
            at: now)
        let wait = try await self.database.transaction { tx in
            let failures = try await tx.lockLoginFailures(
                [attempt.name, attempt.address], since: now.addingTimeInterval(-Self.window))
            let wait = max(
                Self.wait(after: failures[attempt.name] ?? [], limit: self.nameLimit, at: now),
                Self.wait(after: failures[attempt.address] ?? [], limit: self.addressLimit, at: now))
            if wait <= 0 { try await tx.addLoginFailure([attempt.name, attempt.address], at: now) }
            return wait
        }
        guard wait <= 0 else { throw Problems.tooManyRequests(retryAfter: Int(wait.rounded(.up))) }
        return attempt
    }

    /// Counts a key that is none.
    ///
    /// A good key is never counted, nor held up by what others send from its address: guessing 256 bits is hopeless, and
    /// this only keeps a flood from the database's pages.
    ///
    /// - Returns: whether it was the address's first of the window.
    /// - Throws: 429 while the address has to wait.
    func countWrongKey(from address: ClientAddress, at now: Date) async throws -> Bool {
        let bucket = self.keys.bucket("key-address", address.household)
        let (wait, isFirst) = try await self.database.transaction { tx in
            let failures = try await tx.lockLoginFailures([bucket], since: now.addingTimeInterval(-Self.window))
            let known = failures[bucket] ?? []
            let wait = Self.wait(after: known, limit: self.addressLimit, at: now)
            if wait <= 0 { try await tx.addLoginFailure([bucket], at: now) }
            return (wait, known.isEmpty)
        }
        guard wait <= 0 else { throw Problems.tooManyRequests(retryAfter: Int(wait.rounded(.up))) }
        return isFirst
    }

    /// Takes a try back that came to no comparison.
    func cancel(_ attempt: Attempt) async throws {
        try await self.database.autocommit { session in
            try await session.removeLoginFailure([attempt.name, attempt.address], at: attempt.at)
        }
    }

    /// Forgets a name's failures after a success; those of the address stay, but for this try.
    func succeed(_ attempt: Attempt, in tx: Transaction) async throws {
        try await tx.clearLoginFailures(attempt.name)
        try await tx.removeLoginFailure([attempt.address], at: attempt.at)
    }

    /// Seconds until the next try.
    static func wait(after failures: [Date], limit: Int, at now: Date) -> TimeInterval {
        guard failures.count >= limit, let newest = failures.max() else { return 0 }
        let pause = min(Self.longestWait, pow(2, Double(min(20, failures.count - limit))))
        return newest.addingTimeInterval(pause).timeIntervalSince(now)
    }

    private static func scaled(_ number: Int, _ factor: Double) -> Int {
        max(1, Int(min(Double(Int32.max), (Double(number) * factor).rounded())))
    }
}
