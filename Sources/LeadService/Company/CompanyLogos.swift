import Crypto
import Foundation
import Leads

/// The pictures that companies show on their pages; the setting `company_logo` names one by its SHA-256.
struct CompanyLogos: Sendable {
    private let database: Database
    private let now: @Sendable () -> Date

    init(database: Database, now: @escaping @Sendable () -> Date) {
        self.database = database
        self.now = now
    }

    /// Keeps a picture; the same one again is the same one.
    ///
    /// - Returns: what the setting says of it.
    func add(_ image: LogoImage, by actor: AuditActor) async throws -> CompanyLogo {
        let sha256 = Array(SHA256.hash(data: image.bytes))
        let now = self.now()
        try await self.database.autocommit { try await $0.insertLogo(image, sha256, by: actor.name, at: now) }
        return CompanyLogo(sha256: Hex.text(sha256), width: image.width, height: image.height)
    }

    /// A picture's bytes; nil for none of ours.
    func bytes(_ sha256: String) async throws -> [UInt8]? {
        guard CompanyLogo.isDigest(sha256) else { return nil }
        return try await self.database.autocommit { try await $0.logo(sha256) }
    }
}

/// Which picture is shown, and how large it is.
package struct CompanyLogo: Sendable, Equatable {
    package var sha256: String
    package var width: Int
    package var height: Int

    private static let shownHeight = 28
    private static let widest = 160

    static func isDigest(_ text: String) -> Bool { text.wholeMatch(of: /[0-9a-f]{64}/) != nil }

    init(sha256: String, width: Int, height: Int) {
        self.sha256 = sha256
        self.width = width
        self.height = height
    }

    /// Reads `{"sha256": "…", "width": 200, "height": 50}`.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value, members.count == 3, case .string(let sha256)? = members["sha256"],
            Self.isDigest(sha256)
        else { return nil }
        self.init(sha256: sha256, width: 0, height: 0)
        let sides: [(String, WritableKeyPath<CompanyLogo, Int>)] = [("width", \.width), ("height", \.height)]
        for (name, path) in sides {
            var number = 0
            guard let side = members[name], Settings.whole(side, 1...LogoImage.longestSide, { number = $0 }) else {
                return nil
            }
            self[keyPath: path] = number
        }
    }

    var json: JSONOutput {
        .object([
            "sha256": .string(self.sha256), "width": .integer(self.width), "height": .integer(self.height),
        ])
    }

    /// What a page needs to show it without moving when it comes.
    var context: [String: Any] {
        let scale = min(
            Double(Self.shownHeight) / Double(self.height), Double(Self.widest) / Double(self.width))
        func shown(_ side: Int) -> Int { max(1, Int((Double(side) * scale).rounded())) }
        return ["path": "/logo/\(self.sha256).png", "width": shown(self.width), "height": shown(self.height)]
    }
}
