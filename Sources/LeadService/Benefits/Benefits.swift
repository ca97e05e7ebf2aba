import Foundation
import Leads

/// What visitors may have after their inquiry: kept for whoever holds a receipt, and who asked for what is remembered.
package struct Benefits: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let audit: Audit
    private let links: LinkToken

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.audit = Audit(dependencies: dependencies)
        self.links = LinkToken(keys: dependencies.keys)
    }

    /// A benefit behind a receipt.
    ///
    /// - Throws: 404 for a token that is not ours and a benefit that is not offered; 410 when the inquiry is gone.
    func find(_ id: String, receipt token: String) async throws -> Settings.Benefit {
        let inquiry = try self.inquiry(token)
        guard try await self.database.autocommit({ try await $0.isThere(inquiry: inquiry) }) else {
            throw Problems.gone
        }
        return try self.offered(id)
    }

    /// Remembers that somebody wants a benefit; once more changes nothing.
    ///
    /// - Throws: as `find`.
    func request(_ id: String, receipt token: String) async throws -> Settings.Benefit {
        let inquiry = try self.inquiry(token)
        let event = self.audit.event(
            "benefit.request", on: inquiry.uuidString.lowercased(), by: "visitor", role: "visitor",
            detail: ["benefit": .string(id)])
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            // An erasure locks the lead too, so that nothing is kept of somebody who is gone.
            try await tx.lockLead(ofInquiry: inquiry)
            guard try await tx.isThere(inquiry: inquiry) else { throw Problems.gone }
            let benefit = try self.offered(id)
            if try await tx.insertBenefitRequest(id, title: benefit.title, inquiry: inquiry, at: now) {
                try await tx.insert(event)
            }
            return benefit
        }
    }

    /// A stored file.
    func file(_ sha256: String) async throws -> BenefitFile? {
        try await self.database.autocommit { try await $0.benefitFile(sha256) }
    }

    private func inquiry(_ token: String) throws -> UUID {
        guard let id = self.links.id(.receipt, in: token) else { throw Problems.notFound }
        return id
    }

    private func offered(_ id: String) throws -> Settings.Benefit {
        guard let benefit = self.settings.current.benefits.first(where: { $0.id == id }) else {
            throw Problems.notFound
        }
        return benefit
    }
}

/// What somebody asked for.
struct BenefitRequest: Sendable {
    var benefit: String
    var title: String
    var requestedAt: Date

    var json: JSONOutput {
        .object([
            "benefit": .string(self.benefit), "title": .string(self.title),
            "requested_at": .string(RFC3339.text(self.requestedAt)),
        ])
    }
}

/// A file that visitors may have; its kind is told by its first bytes, whatever it was called.
package struct BenefitFile: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case pdf = "application/pdf"
        case png = "image/png"
        case jpeg = "image/jpeg"

        /// For the name it is saved under.
        var ending: String { self == .jpeg ? "jpg" : self == .png ? "png" : "pdf" }
        var isPicture: Bool { self != .pdf }
    }

    /// Why a file is not taken.
    package enum Refusal: Error, Equatable {
        case empty, tooLarge, unknownKind
    }

    package var kind: Kind
    package var bytes: [UInt8]

    /// The database holds the same limit.
    package static let largest = 4 * 1024 * 1024

    init(kind: Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    /// - Throws: `Refusal`.
    package init(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { throw Refusal.empty }
        guard bytes.count <= Self.largest else { throw Refusal.tooLarge }
        if bytes.starts(with: Array("%PDF-".utf8)) {
            self.kind = .pdf
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self.kind = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self.kind = .jpeg
        } else {
            throw Refusal.unknownKind
        }
        self.bytes = bytes
    }
}
