import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

extension TestService {
    /// Asks something about a number's data with a right code of its own.
    @discardableResult
    func ask(_ kind: String, phone: String, more: String = "") async throws -> Answer {
        self.clock.advance(by: 61)
        let (challenge, code) = try await self.challenge(for: phone, purpose: "privacy")
        let answer = try await self.call(
            .post, "/api/v1/privacy-requests",
            #"{"phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","kind":"\#(kind)"\#(more)}"#)
        try #require(answer.status == 202, "\(answer.text)")
        return answer
    }

    /// What the result of a request shows.
    func result(of answer: Answer) async throws -> Answer {
        try await self.call(.get, try #require(URL(string: answer["result_url"].string)).path)
    }

    /// The path of an inquiry's receipt.
    func receipt(of answer: Answer) throws -> String {
        try #require(URL(string: answer["receipt_url"].string)).path
    }

    /// Every violation fsck finds, and the break the audit has.
    func soundness() async throws -> [String] {
        let report = try await Fsck(
            database: self.services.database, now: { self.clock.now }, budgetFactor: 1, keys: self.keys
        ).run()
        let audit = try await AuditChain(database: self.services.database, keys: self.keys).verify()
        return report.violations.map(\.check) + (audit.firstBreak.map { ["\($0)"] } ?? [])
    }

    /// Every sealed value of the database, by table and column, with the id of its row where the table has one.
    func sealedValues() async throws -> [(place: String, bytes: [UInt8])] {
        let columns = try await self.database.query(
            """
            SELECT table_name::text, column_name::text FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name ~ '(sealed|_index)$' ORDER BY 1, 2
            """
        ).map { try $0.decode((String, String).self) }
        #expect(columns.count > 10)
        var values: [(String, [UInt8])] = []
        for (table, column) in columns {
            let rows = try await self.database.query(
                PostgresQuery(
                    unsafeSQL: "SELECT encode(\"\(column)\", 'hex') FROM \"\(table)\" WHERE \"\(column)\" IS NOT NULL"))
            for row in rows { values.append(("\(table).\(column)", Array(try row.decode(String.self).utf8))) }
        }
        return values
    }

    /// The number a query with bindings answers.
    func number(_ query: PostgresQuery) async throws -> Int {
        try await self.database.query(query).first?.decode(Int.self) ?? -1
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let referrer = HTTPField.Name("Referrer-Policy")!
    // swift-format-ignore: NeverForceUnwrap
    static let rows = HTTPField.Name("X-Row-Count")!
    // swift-format-ignore: NeverForceUnwrap
    static let excluded = HTTPField.Name("X-Excluded-Count")!
}

extension TestService {
    /// A message that is no code waits for a number.
    func queueNotice(phone: [UInt8], in seconds: TimeInterval = 0) async throws {
        let (id, now) = (self.dependencies.makeID(), self.clock.now)
        let sendAt = now.addingTimeInterval(seconds)
        let later = now.addingTimeInterval(3600)
        let sealed = ByteBuffer(
            bytes: try self.keys.seal("+8613800000001", at: SealedPlace("messages", "phone_sealed", id)))
        let text = ByteBuffer(bytes: try self.keys.seal("{}", at: SealedPlace("messages", "parameters_sealed", id)))
        try await self.database.query(
            """
            INSERT INTO messages (id, template, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
            VALUES (\(id), 'notice', \(ByteBuffer(bytes: phone)), \(sealed), \(text), 'queued', \(now), \(sendAt), \(later))
            """)
    }
}

extension TestService {
    /// A privacy code whose message still waits, beside others that wait.
    func challengeUnsent(for phone: String) async throws -> (id: String, code: String) {
        let answer = try await self.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"privacy"}"#)
        try #require(answer.status == 202, "\(answer.text)")
        let row = try #require(
            try await self.database.query(
                "SELECT id, encode(parameters_sealed, 'hex') FROM messages WHERE template = 'privacy_code'"
            ).first)
        let (id, hex) = try row.decode((UUID, String).self)
        let sealed = stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
        let text = try self.keys.open(sealed, at: SealedPlace("messages", "parameters_sealed", id))
        return (answer["challenge_id"].string, try StrictJSON.read(Array(text.utf8))["code"].string)
    }
}
