package import Foundation

/// Compares the master keys with what the database remembers of those it was used with, so that another key file is
/// noticed before it does harm.
package struct KeyCheck: Sendable {
    private let database: Database
    private let keys: KeyRing

    /// Why the keys are not those of this database.
    package enum Refusal: Error, Equatable {
        /// Another key under a number that this database knows.
        case replaced(UInt8)
        /// A key that this database knows is not there.
        case missing(UInt8)
        /// A key with a number below all that this database knows.
        case misnumbered(UInt8)
        /// The database was used before it remembered keys, and nothing in it was made with these.
        case foreign
    }

    package init(database: Database, keys: KeyRing) {
        self.database = database
        self.keys = keys
    }

    /// Compares, and changes nothing.
    package func refusal() async throws -> Refusal? {
        do {
            _ = try await self.database.snapshot { try await Self.unseen(self.keys, in: $0) }
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    /// Compares, and writes down keys that the database has not seen; processes that do so at once go one after the other.
    ///
    /// - Throws: `Refusal`.
    package func remember(at now: Date) async throws {
        try await self.database.transaction { tx in
            try await tx.lockKeyChecks()
            for number in try await Self.unseen(self.keys, in: tx) {
                try await tx.insertKeyCheck(
                    StoredKeyCheck(number: number, mac: self.keys.checkValue(number)), at: now)
            }
        }
    }

    /// The numbers of keys that the database has not seen, when none speaks against the others.
    ///
    /// - Throws: `Refusal`.
    static func unseen(_ keys: KeyRing, in tx: Transaction) async throws -> [UInt8] {
        let known = try await tx.keyChecks()
        for check in known {
            guard keys.numbers.contains(check.number) else { throw Refusal.missing(check.number) }
            guard check.mac == keys.checkValue(check.number) else { throw Refusal.replaced(check.number) }
        }
        let fresh = keys.numbers.filter { number in !known.contains { $0.number == number } }
        if let oldest = known.map(\.number).min() {
            if let early = fresh.first(where: { $0 < oldest }) { throw Refusal.misnumbered(early) }
            return fresh
        }
        let events = try await tx.newestAuditEvents(10)
        guard events.isEmpty || events.contains(where: { Audit.isAuthentic($0, keys: keys) }) else {
            throw Refusal.foreign
        }
        return fresh
    }
}

extension KeyCheck.Refusal: CustomStringConvertible {
    package var description: String { "\(self.problem); \(self.remedy)" }

    /// What is wrong, without the remedy.
    var problem: String {
        switch self {
        case .replaced(let number): "key \(number) of the key file is not the key \(number) this database was used with"
        case .missing(let number): "key \(number), which this database was used with, is not in the key file"
        case .misnumbered(let number):
            "key \(number) of the key file has a lower number than every key this database knows"
        case .foreign: "the key file is not this database's: none of its newest audit events was made with it"
        }
    }

    var remedy: String {
        switch self {
        case .misnumbered: "give a new key the next number, in a line at the end"
        case .replaced, .missing, .foreign:
            "restore the key file from its backup; lines are only ever added at the end, with the next number"
        }
    }
}

extension KeyRing {
    /// What shows later that it is the same key, and nothing else.
    fileprivate func checkValue(_ number: UInt8) -> [UInt8] {
        self.mac(.check, Data("key-check/v1 \(number)".utf8), number: number)
    }
}
