package import Foundation

/// The short reference (编号 A7) by which a visitor tells two codes apart.
///
/// It is computed from the challenge's id alone, so that form and message agree without telling each other; it is no
/// secret and proves nothing.
package enum MessageReference {
    private static let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ")
    private static let digits = Array("23456789")

    /// A letter and a digit, from the id's last byte.
    package static func text(for challenge: UUID) -> String {
        let byte = Int(challenge.bytes[15])
        return "\(Self.letters[byte / 8 % Self.letters.count])\(Self.digits[byte % 8])"
    }
}
