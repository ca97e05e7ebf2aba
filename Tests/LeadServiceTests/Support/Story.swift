import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LeadService
import Leads
import NIOCore
import Testing

/// An answer of the service: status, headers and JSON.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var text: String
    var bytes: [UInt8] = []

    /// The body as JSON; `.null` when there is none.
    var json: JSONValue { (try? StrictJSON.read(Array(self.text.utf8))) ?? .null }

    subscript(name: String) -> JSONValue { self.json[name] }
    var code: String { self.json["code"].string }
}

extension JSONValue {
    subscript(name: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members[name] ?? .null
    }
    subscript(index: Int) -> JSONValue {
        guard case .array(let values) = self, values.indices.contains(index) else { return .null }
        return values[index]
    }
    var string: String { if case .string(let text) = self { text } else { "" } }
    var bool: Bool { self == .bool(true) }
    var int: Int { if case .number(let number) = self { Int("\(number)") ?? .min } else { .min } }
    var array: [JSONValue] { if case .array(let values) = self { values } else { [] } }
}

extension TestService {
    /// Sends a request with a JSON body.
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await self.client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Answer(
                status: response.status.code, headers: response.headers, text: String(buffer: response.body),
                bytes: Array(response.body.readableBytesView))
        }
    }

    /// Asks for a code and lets the worker send it.
    func challenge(for phone: String, purpose: String = "inquiry") async throws -> (id: String, code: String) {
        let answer = try await self.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"\#(purpose)"}"#)
        try #require(answer.status == 202, "\(answer.text)")
        try await self.services.outboxWorker.runOnce()
        return (answer["challenge_id"].string, try #require(self.sms.code(to: phone)))
    }

    /// The body of an inquiry.
    func inquiry(
        phone: String, name: String = "欧阳晓", challenge: String, code: String, more: String = ""
    ) -> String {
        #"{"name":"\#(name)","phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","consent":{"notice_version":"\#(ShippedNotice.version(at: self.clock.now))","accepted":true}\#(more)}"#
    }

    /// A whole accepted inquiry.
    @discardableResult
    func submit(
        phone: String, name: String = "欧阳晓", more: String = "", headers: HTTPFields = [:]
    ) async throws -> Answer {
        let (challenge, code) = try await self.challenge(for: phone)
        let answer = try await self.call(
            .post, "/api/v1/inquiries",
            self.inquiry(phone: phone, name: name, challenge: challenge, code: code, more: more), headers: headers)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }

    /// Adds somebody of the staff and logs them in with a password of their own.
    func login(_ username: String, _ role: Role = .adviser) async throws -> String {
        let oneTime = try await self.services.accounts.add(
            username: username, displayName: username, role: role, by: "test")
        let first = try await self.call(
            .post, "/api/v1/session", #"{"username":"\#(username)","password":"\#(oneTime)"}"#)
        try #require(first.status == 200, "\(first.text)")
        let second = try await self.call(
            .post, "/api/v1/session/password", #"{"password":"kranich-leuchtet-\#(username)"}"#,
            token: first["token"].string)
        try #require(second.status == 200, "\(second.text)")
        return second["token"].string
    }
}

/// The notices that come with the program.
enum ShippedNotice {
    private static let all = (try? ReferenceData().notices) ?? []

    /// The version in force at an instant, where nobody published another.
    static func version(at instant: Date) -> String {
        let today = ShanghaiDate(instant).description
        return Self.all.last { $0.effectiveOn <= today }?.version ?? ""
    }
}
