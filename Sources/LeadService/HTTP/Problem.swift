import Foundation
import HTTPTypes
import Hummingbird
package import Leads
import NIOCore

/// An answer that says what went wrong and what to do (RFC 9457); thrown by routes, written by `ErrorMiddleware`.
package struct Problem: Error, Sendable {
    package var status: Status
    /// The stable word programs look for.
    package var code: String
    /// What happened and what to do, in Chinese.
    package var detail: String
    package var detailInEnglish: String
    /// One entry per field that breaks a rule.
    package var failures: [ValidationFailure] = []
    /// Seconds after which to try again.
    package var retryAfter: Int?
    /// Further members of the body, such as `next_allowed_at`.
    package var members: [String: String] = [:]
    /// What the address does take, for 405.
    package var allow: [String] = []
    /// A proof of work that opens what was refused, as ALTCHA v1 JSON.
    package var challenge: JSONOutput?

    /// The statuses that problems are answered with.
    package enum Status: Int, Sendable {
        case badRequest = 400, unauthorized, forbidden = 403, notFound, methodNotAllowed, requestTimeout = 408,
            conflict, gone
        case preconditionFailed = 412, contentTooLarge, uriTooLong, unsupportedMediaType, misdirectedRequest = 421
        case unprocessableContent, tooManyRequests = 429, requestHeaderFieldsTooLarge = 431, internalServerError = 500
        case serviceUnavailable = 503

        var http: HTTPResponse.Status { HTTPResponse.Status(code: self.rawValue) }
    }

    package init(
        _ status: Status, _ code: String, _ detail: String, english: String,
        failures: [ValidationFailure] = [], retryAfter: Int? = nil, members: [String: String] = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.detailInEnglish = english
        self.failures = failures
        self.retryAfter = retryAfter
        self.members = members
    }

    /// The fields that break a rule: the first one's code is the problem's.
    package init(failures: [ValidationFailure]) {
        let first = failures.first
        self.init(
            .unprocessableContent, first?.code ?? "invalid", first?.detail ?? "请核对填写的内容",
            english: first?.detailInEnglish ?? "Please check what you sent.", failures: failures)
    }

    /// Whether the reader of a request prefers English.
    static func prefersEnglish(_ request: Request) -> Bool {
        request.headers[.acceptLanguage].map { AcceptLanguage($0).prefersEnglish } ?? false
    }

    /// The answer as `application/problem+json`.
    func response(english: Bool) -> Response {
        var body: [String: JSONOutput] = [
            "type": .string("/problems/\(self.code)"),
            "title": .string(Problems.title(of: self.status, code: self.code, english: english)),
            "status": .integer(self.status.rawValue),
            "code": .string(self.code),
            "detail": .string(PhoneNumber.redacted(in: english ? self.detailInEnglish : self.detail)),
        ]
        if !self.failures.isEmpty {
            body["errors"] = .array(
                self.failures.map {
                    .object([
                        // A member that nobody asked for may be somebody's number.
                        "pointer": .string(PhoneNumber.redacted(in: $0.pointer)), "code": .string($0.code),
                        "detail": .string(PhoneNumber.redacted(in: english ? $0.detailInEnglish : $0.detail)),
                    ])
                })
        }
        for (name, value) in self.members { body[name] = .string(value) }
        if let challenge { body["challenge"] = challenge }
        var response = Response.json(.object(body), status: self.status.http)
        response.headers[.contentType] = "application/problem+json; charset=utf-8"
        response.headers[.contentLanguage] = english ? "en" : "zh-CN"
        if !self.allow.isEmpty { response.headers[.allow] = self.allow.joined(separator: ", ") }
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }
}
