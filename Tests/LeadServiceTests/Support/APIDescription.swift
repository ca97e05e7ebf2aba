import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import Testing

/// `openapi.yaml` as the service serves it: its operations, and whether an answer is one that it documents.
final class APIDescription: Sendable {
    let root: JSONValue
    /// Every operation and status that was checked, such as `GET /r/{token} 200`.
    private let seen = Mutex<Set<String>>([])

    /// One operation: `GET /r/{token}`.
    struct Operation: Sendable {
        var method: HTTPRequest.Method
        var path: String
        var json: JSONValue
        var name: String { "\(self.method.rawValue) \(self.path)" }
    }

    let operations: [Operation]

    /// The document, read once for all tests.
    private static let document = Result {
        let file = Resources.folder.appendingPathComponent("openapi.yaml")
        return try YAMLReader.read(String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }

    init() throws {
        let root = try Self.document.get()
        let paths = root["paths"]
        self.root = root
        self.operations = paths.names.sorted().flatMap { path in
            paths[path].names.filter { $0 != "parameters" }.sorted().map { method in
                Operation(
                    method: HTTPRequest.Method(rawValue: method.uppercased()) ?? .get, path: path,
                    json: paths[path][method])
            }
        }
    }

    var schema: JSONSchema { JSONSchema(root: self.root) }
    var covered: Set<String> { self.seen.withLock { $0 } }

    /// Every operation with each status it names, but for 503, which a test cannot ask for.
    var documented: Set<String> {
        Set(
            self.operations.flatMap { operation in
                operation.json["responses"].names.filter { $0 != "default" && $0 != "503" }.map {
                    "\(operation.name) \($0)"
                }
            })
    }

    /// The operation behind a path; a literal segment goes before a parameter.
    func operation(_ method: HTTPRequest.Method, _ path: String) -> Operation? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        func literals(_ operation: Operation) -> Int? {
            let template = operation.path.split(separator: "/")
            guard template.count == segments.count else { return nil }
            let pairs = Array(zip(template, segments))
            return pairs.allSatisfy { $0 == $1 || $0.hasPrefix("{") } ? pairs.count { $0 == $1 } : nil
        }
        return self.operations.filter { $0.method == method && literals($0) != nil }.max {
            literals($0) ?? 0 < literals($1) ?? 0
        }
    }

    /// What in an answer is not as documented.
    func errors(in answer: Answer, to operation: Operation) -> [String] {
        let status = "\(operation.name) \(answer.status)"
        var documented = operation.json["responses"][String(answer.status)]
        if documented == .null, Self.anywhere.contains(answer.status) {
            documented = operation.json["responses"]["default"]
        }
        guard documented != .null else { return ["\(status) is not documented: \(answer.text)"] }
        _ = self.seen.withLock { $0.insert(status) }
        let response = self.schema.resolved(documented)
        return (self.headerErrors(answer, response) + self.bodyErrors(answer, response)).map { "\(status)\($0)" }
    }

    /// What any operation may answer with, under `default`.
    private static let anywhere: Set<Int> = [405, 408, 413, 414, 415, 421, 431, 500, 503]

    private func headerErrors(_ answer: Answer, _ response: JSONValue) -> [String] {
        response["headers"].names.sorted().flatMap { name -> [String] in
            let header = self.schema.resolved(response["headers"][name])
            guard let value = HTTPField.Name(name).flatMap({ answer.headers[$0] }) else {
                return header["required"].bool ? [": the header \(name) is missing"] : []
            }
            let isNumber = self.schema.resolved(header["schema"])["type"] == .string("integer")
            let typed = isNumber ? (try? StrictJSON.read(Array(value.utf8))) ?? .string(value) : .string(value)
            return self.schema.errors(in: typed, against: header["schema"], at: ": header \(name)")
        }
    }

    private func bodyErrors(_ answer: Answer, _ response: JSONValue) -> [String] {
        let content = response["content"]
        guard content != .null else { return answer.text.isEmpty ? [] : [": there should be no body"] }
        let type = answer.headers[.contentType]?.split(separator: ";").first.map(String.init) ?? ""
        guard content.names.contains(type) else { return [": \(type) is not documented"] }
        guard type.hasSuffix("json"), type != "application/x-ndjson" else {
            return answer.text.isEmpty ? [": an empty body"] : []
        }
        return self.schema.errors(in: answer.json, against: content[type]["schema"])
    }
}

/// A service whose every answer is compared with the description.
struct DescribedService: Sendable {
    let service: TestService
    let description: APIDescription

    @discardableResult
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = nil,
        headers: HTTPFields = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let answer = try await self.service.call(method, path, body, token: token, headers: headers)
        let operation = try #require(
            self.description.operation(method, path), "\(path)", sourceLocation: sourceLocation)
        let errors = self.description.errors(in: answer, to: operation)
        #expect(errors.isEmpty, "\(errors.joined(separator: "\n"))", sourceLocation: sourceLocation)
        return answer
    }

    /// Sends a form as a browser does.
    @discardableResult
    func post(
        _ path: String, _ fields: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await self.call(
            .post, path, fields, headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"],
            sourceLocation: sourceLocation)
    }
}

extension APIDescription.Operation {
    /// The path with something that could stand for each parameter.
    func path(_ value: String = UUID().text) -> String { self.path.replacing(/\{[a-z_]+\}/, with: value) }

    var needsSession: Bool { self.json["security"] == .null }
    var isPage: Bool { self.path.hasPrefix("/staff") }
    func takes(_ type: String) -> Bool { self.json["requestBody"]["content"][type] != .null }
}
