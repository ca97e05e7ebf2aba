import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// Somebody in front of the form, at an address of their own where the service trusts its proxy.
extension TestService {
    /// Variables under which a test may say which address a request comes from.
    static let behindProxy = ["TRUSTED_PROXIES": "127.0.0.1/32"]

    func askForCode(_ phone: String, purpose: String = "inquiry", from address: String? = nil) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"\#(purpose)"}"#,
            headers: Self.from(address))
    }

    /// Sends a form as a browser without scripts does.
    func form(_ path: String, _ fields: String, accept: String = "text/html") async throws -> Answer {
        try await self.call(
            .post, path, fields, headers: [.contentType: "application/x-www-form-urlencoded", .accept: accept])
    }

    /// Sends an inquiry with whatever code.
    func offer(
        _ code: String, _ challenge: String, phone: String, more: String = "", from address: String? = nil,
        key: String? = nil
    ) async throws -> Answer {
        var headers = Self.from(address)
        if let key { headers[.idempotency] = key }
        return try await self.call(
            .post, "/api/v1/inquiries",
            self.inquiry(phone: phone, challenge: challenge, code: code, more: more), headers: headers)
    }

    private static func from(_ address: String?) -> HTTPFields {
        address.map { [.forwardedFor: $0] } ?? [:]
    }

    /// Six digits that are none of these codes.
    static func wrong(_ codes: String...) -> String {
        ["111111", "222222", "333333", "444444"].first { !codes.contains($0) } ?? "555555"
    }

    /// One number out of the database.
    func count(_ sql: String) async throws -> Int {
        try #require(
            await self.database.query(PostgresQuery(unsafeSQL: "SELECT (\(sql))::bigint")).first
        ).decode(Int.self)
    }

    /// Every row of every table in one text, so that two of them tell whether anything was stored in between.
    func contents() async throws -> String {
        let rows = try await self.database.query(
            """
            SELECT string_agg(tablename || ' ' || (xpath('/row/c/text()', query_to_xml(format(
                'SELECT count(*) || '' '' || md5(coalesce(string_agg(t::text, '','' ORDER BY t::text), '''')) AS c FROM %I t', tablename),
                false, true, '')))[1]::text, E'\n' ORDER BY tablename)
            FROM pg_tables WHERE schemaname = 'public'
            """)
        return try #require(rows.first).decode(String.self)
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let idempotency = HTTPField.Name("Idempotency-Key")!
}
