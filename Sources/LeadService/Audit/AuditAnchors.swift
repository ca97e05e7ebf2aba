package import Foundation
import Leads

/// An end that the audit's chain once had, kept where whoever can write to the database cannot.
package struct AuditAnchor: Sendable, Equatable {
    package var position: Int
    /// The link's hash, or its beginning.
    package var hash: [UInt8]

    package init(position: Int, hash: [UInt8]) {
        self.position = position
        self.hash = hash
    }

    /// Reads what somebody wrote down from the audit's page: the position and the first digits of the hash, such as `1204:9f3c01d2`.
    ///
    /// - Returns: nil for what is no position, or fewer than eight hexadecimal digits.
    package init?(noted text: String) {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let position = Int(parts[0]), position > 0, parts[1].utf8.count.isMultiple(of: 2),
            (8...64).contains(parts[1].utf8.count)
        else { return nil }
        let digits = Array(parts[1])
        let hash = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
        guard hash.count == digits.count / 2 else { return nil }
        self.init(position: position, hash: hash)
    }

    /// As people write it down: position and sixteen digits.
    package var noted: String {
        "\(self.position):" + self.hash.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether a link is the one that was the end then.
    func names(_ hash: [UInt8]) -> Bool { hash.starts(with: self.hash) }
}

/// The file of anchors, a line of JSON each, on another disk or machine than the database; lines are only ever added.
package struct AuditAnchorFile: Sendable {
    let path: String
    let keys: KeyRing

    package init(path: String, keys: KeyRing) {
        self.path = path
        self.keys = keys
    }

    /// A line that is none of ours, or was changed.
    package struct Forged: Error, CustomStringConvertible {
        package let line: Int
        package var description: String { "line \(self.line) of the anchors was not written with these keys" }
    }

    /// Every anchor, the oldest first, with its time; none where there is no file yet.
    ///
    /// A last line without its end is one whose writing broke off, and is left out.
    ///
    /// - Throws: `Forged`, or what the file system says.
    package func read() throws -> [(at: Date, anchor: AuditAnchor)] {
        guard FileManager.default.fileExists(atPath: self.path) else { return [] }
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: self.path)), as: UTF8.self)
        let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try whole.enumerated().compactMap { index, line in
            guard !line.isEmpty else { return nil }
            guard let read = self.parse(String(line)) else { throw Forged(line: index + 1) }
            return read
        }
    }

    /// Adds an anchor at the end, and forces it to the disk.
    func append(_ anchor: AuditAnchor, at now: Date) throws {
        let time = RFC3339.text(now)
        let line = JSONOutput.object([
            "at": .string(time), "position": .integer(anchor.position), "hash": .string(Base64URL.encode(anchor.hash)),
            "mac": .string(Base64URL.encode(self.keys.mac(.audit, Self.message(time, anchor)))),
        ])
        let descriptor = unsafe open(self.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Processes of one machine write one after another; closing the file lets the next one in.
        guard flock(descriptor, LOCK_EX) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { try? file.close() }
        // What broke off is taken away, so that every line stays whole.
        let kept = try file.readToEnd() ?? Data()
        let whole = kept.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        if whole < kept.count { try file.truncate(atOffset: UInt64(whole)) }
        try file.write(contentsOf: Data(line.utf8 + [UInt8(ascii: "\n")]))
        try file.synchronize()
    }

    private func parse(_ line: String) -> (at: Date, anchor: AuditAnchor)? {
        guard case .object(let members)? = try? StrictJSON.read(Array(line.utf8)),
            case .string(let time)? = members["at"], let at = RFC3339.date(time),
            case .number(let number)? = members["position"], let position = Int(number.description),
            case .string(let hash)? = members["hash"], let hash = Base64URL.decode(hash), hash.count == 32,
            case .string(let mac)? = members["mac"], let mac = Base64URL.decode(mac)
        else { return nil }
        let anchor = AuditAnchor(position: position, hash: hash)
        guard self.keys.isAuthentic(mac, of: Self.message(time, anchor), for: .audit) else { return nil }
        return (at, anchor)
    }

    private static func message(_ time: String, _ anchor: AuditAnchor) -> [UInt8] {
        Array("audit.anchor \(time) \(anchor.position) \(Base64URL.encode(anchor.hash))".utf8)
    }
}
