import Foundation
package import Leads

/// Keyed hashes under which sealed values are found: equal values have equal hashes, and nobody without the key can
/// compute one.
extension KeyRing {
    /// Finds a whole number.
    package func index(of phone: PhoneNumber) -> [UInt8] {
        self.mac(.phoneIndex, Self.message("phone/v1", phone.e164))
    }

    /// Finds numbers by their last four digits.
    package func index(ofLastFour digits: String) -> [UInt8] {
        self.mac(.lastFourIndex, Self.message("last-four/v1", digits))
    }

    /// Finds people by their whole name.
    package func index(of name: PersonName) -> [UInt8] {
        self.mac(.nameIndex, Self.message("name/v1", name.searchForm))
    }

    /// What stays of a number after an erasure: of no use for finding anything else, because its key is its own.
    package func pseudonym(of phone: PhoneNumber) -> [UInt8] {
        self.mac(.pseudonym, Self.message("pseudonym/v1", phone.e164))
    }

    /// Names a budget or throttle without saying whose it is.
    package func bucket(_ kind: String, _ value: String) -> [UInt8] {
        self.mac(.bucket, Self.message(kind, value))
    }

    private static func message(_ kind: String, _ value: String) -> Data {
        Data(kind.utf8) + [0] + Data(value.utf8)
    }
}
