import Crypto
import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

extension TestService {
    static let exports = "/api/v1/exports"

    /// Asks for an export as a job and returns its address.
    func askForExport(_ body: String, _ colleague: Colleague) async throws -> String {
        let asked = try await self.call(.post, Self.exports, body, token: colleague.token)
        try #require(asked.status == 202, "\(asked.text)")
        return "\(Self.exports)/\(asked["id"].string)"
    }

    /// Asks for one and lets the worker make it.
    func madeExport(_ body: String, _ colleague: Colleague) async throws -> String {
        let path = try await self.askForExport(body, colleague)
        try #require(try await self.services.exportJobs.runOnce())
        let job = try await self.call(.get, path, token: colleague.token)
        try #require(job["state"].string == "done", "\(job.text)")
        return path
    }

    func file(_ path: String, _ colleague: Colleague) async throws -> Answer {
        try await self.call(.get, path + "/file", token: colleague.token)
    }

    func state(_ path: String, _ colleague: Colleague) async throws -> String {
        try await self.call(.get, path, token: colleague.token)["state"].string
    }

    /// Leads whose export has several parts and several batches.
    func manyLeads(_ count: Int = 1200) async throws {
        var leads = BulkLeads(keys: self.keys)
        leads.remark = String(repeating: "请在下午联系。", count: 30)
        try await leads.write(0..<count, to: self.database)
    }

    /// How often the audit has each action.
    func audited(_ actions: String...) async throws -> [Int] {
        var counts: [Int] = []
        for action in actions {
            counts.append(try await self.count("SELECT count(*) FROM audit_events WHERE action = '\(action)'"))
        }
        return counts
    }

    /// Nothing of a file or of whose data it would have held is left.
    func expectNoFile(leads: Int = 0) async throws {
        #expect(try await self.count("SELECT count(*) FROM export_chunks") == 0)
        #expect(try await self.count("SELECT count(*) FROM export_jobs WHERE key_sealed IS NOT NULL") == 0)
        #expect(try await self.count("SELECT count(*) FROM export_leads") == leads)
    }
}

extension Answer {
    var sha256: String { Hex.text(SHA256.hash(data: Data(self.bytes))) }
}
