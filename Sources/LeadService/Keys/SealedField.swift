import Crypto
package import Foundation

/// Where a sealed value lives; it opens nowhere else.
package struct SealedPlace: Sendable {
    package var table: String
    package var column: String
    package var row: String

    package init(_ table: String, _ column: String, _ row: UUID) {
        self.table = table
        self.column = column
        self.row = row.uuidString.lowercased()
    }

    fileprivate func authenticated(keyNumber: UInt8) -> Data {
        Data("\(self.table)|\(self.column)|\(self.row)|\(keyNumber)".utf8)
    }
}

/// A value that does not open: moved to another row, altered, or sealed under a key the ring does not have.
package struct SealBroken: Error, CustomStringConvertible {
    package let table: String
    package let column: String
    package var description: String { "a sealed value of \(self.table).\(self.column) does not open" }
}

extension KeyRing {
    /// Seals text with AES-256-GCM: version 1, key number, nonce (12 bytes), ciphertext, tag (16 bytes).
    package func seal(_ text: String, at place: SealedPlace) throws -> [UInt8] {
        guard let key = self.key(.seal) else { throw Failure.empty }
        let box = try AES.GCM.seal(
            Data(text.utf8), using: key, authenticating: place.authenticated(keyNumber: self.current))
        return [1, self.current] + box.nonce + box.ciphertext + box.tag
    }

    /// Opens what `seal` made for the same place.
    ///
    /// - Throws: `SealBroken`.
    package func open(_ sealed: [UInt8], at place: SealedPlace) throws -> String {
        guard sealed.count >= 30, sealed[0] == 1, let key = self.key(.seal, number: sealed[1]),
            let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst(2)),
            let plain = try? AES.GCM.open(box, using: key, authenticating: place.authenticated(keyNumber: sealed[1])),
            let text = String(data: plain, encoding: .utf8)
        else { throw SealBroken(table: place.table, column: place.column) }
        return text
    }
}
