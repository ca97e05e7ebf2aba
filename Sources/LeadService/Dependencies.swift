package import Foundation
import Leads
package import Logging

/// What the service takes from outside: time, randomness, keys and the way out for messages.
///
/// Made in `Server` for a real run, or by a test; there is no other way to the clock or to randomness.
package struct Dependencies: Sendable {
    /// The time now: the database's, see `DatabaseClock`.
    package var now: @Sendable () -> Date
    /// Bytes of a cryptographic random generator.
    package var randomBytes: @Sendable (Int) -> [UInt8]
    package var keys: KeyRing
    package var gateways: [any SMSGateway]
    package var logger: Logger
    /// What a password hash costs; only tests make it cheaper.
    package var passwordCost = PasswordCost.standard
    /// How long a request waits for a silent database; only tests wait longer, on machines that are busy.
    package var databasePatience = Database.patience
    /// Finds the addresses of a host that webhooks go to.
    package var resolve: HostResolver = NameService.addresses

    package init(
        now: @escaping @Sendable () -> Date, randomBytes: @escaping @Sendable (Int) -> [UInt8], keys: KeyRing,
        gateways: [any SMSGateway], logger: Logger
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.keys = keys
        self.gateways = gateways
        self.logger = logger
    }

    /// A new time-ordered id (UUIDv7, RFC 9562 §5.7).
    package func makeID() -> UUID {
        UUID.v7(at: self.now(), random: self.randomBytes(10))
    }
}

extension UUID {
    /// A UUIDv7 of a time in milliseconds and ten random bytes.
    package static func v7(at time: Date, random: [UInt8]) -> UUID {
        let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000))
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * $0)) } + random.prefix(10)
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(bytes: bytes)
    }
}
