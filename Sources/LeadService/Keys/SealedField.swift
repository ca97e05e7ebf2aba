import Crypto
package import Foundation
import Logging

/// Where a sealed value lives; it opens nowhere else.
package struct SealedPlace: Sendable {
    package var table: String
    package var column: String
    package var row: String

    package init(_ table: String, _ column: String, _ row: UUID) {
        self.table = table
        self.column = column
        self.row = row.text
    }

    fileprivate func authenticated(keyNumber: UInt8) -> Data {
        Data("\(self.table)|\(self.column)|\(self.row)|\(keyNumber)".utf8)
    }
}

/// A value that does not open: moved to another row, altered, or sealed under a key the ring does not have.
package struct SealBroken: Error, CustomStringConvertible {
    package let table: String
    package let column: String
    package let row: String
    package var description: String { "\(self.table).\(self.column) of row \(self.row) does not open" }

    /// What stands where it would be shown.
    package static let shown = "无法读取"

    var logMetadata: Logger.Metadata {
        ["table": "\(self.table)", "column": "\(self.column)", "row": "\(self.row)"]
    }
}

extension Dependencies {
    /// The text that `read` opens, or “无法读取” for one that does not open; the log then names its row.
    func shown(_ read: (KeyRing) throws -> String) rethrows -> String {
        do {
            return try read(self.keys)
        } catch let broken as SealBroken {
            self.logger.error("a sealed value does not open", metadata: broken.logMetadata)
            return SealBroken.shown
        }
    }
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
        else { throw SealBroken(table: place.table, column: place.column, row: place.row) }
        return text
    }
}
