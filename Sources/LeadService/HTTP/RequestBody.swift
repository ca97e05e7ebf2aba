import Foundation
import HTTPTypes
package import Hummingbird
package import Leads
import NIOCore

extension Request {
    /// Reads the body as strict JSON.
    ///
    /// - Throws: 415 for another content type or charset, 413 over 64 KiB, 400 `malformed_json`.
    package func json(_ context: LeadRequestContext) async throws -> JSONValue {
        guard Self.mediaType(self.headers[.contentType]) == "application/json" else {
            throw Problems.unsupportedMediaType
        }
        return try await self.parsedJSON(context)
    }

    /// As `json`, but an absent body is an empty object.
    package func optionalJSON(_ context: LeadRequestContext) async throws -> JSONValue {
        let length = self.headers[.contentLength]
        if length == "0" || (length == nil && self.headers[.transferEncoding] == nil) { return .object([:]) }
        return try await self.json(context)
    }

    /// Whether the body comes from a page's form.
    package var isForm: Bool { Self.mediaType(self.headers[.contentType]) == "application/x-www-form-urlencoded" }

    /// Reads a URL-encoded form; a repeated field has several values.
    package func form(_ context: LeadRequestContext) async throws -> FormFields {
        guard self.isForm else { throw Problems.noForm }
        let buffer = try await self.body.collect(upTo: context.maxUploadSize)
        return FormFields(String(buffer: buffer))
    }

    /// The `Idempotency-Key` header, bare or as a quoted structured-field string.
    ///
    /// - Throws: 400 `idempotency_key_invalid` when it is malformed or repeated.
    package func idempotencyKey() throws -> String? {
        let values = self.headers[values: .idempotencyKey]
        guard let first = values.first else { return nil }
        var key = first
        if key.hasPrefix("\""), key.hasSuffix("\""), key.count >= 2 { key = String(key.dropFirst().dropLast()) }
        let isVisible = key.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }
        guard values.count == 1, isVisible, (1...128).contains(key.utf8.count) else {
            throw Problems.idempotencyKeyInvalid
        }
        return key
    }

    /// The browser's name for itself, as far as evidence of consent keeps it.
    var evidenceUserAgent: String { String((self.headers[.userAgent] ?? "").unicodeScalars.prefix(512)) }

    private func parsedJSON(_ context: LeadRequestContext) async throws -> JSONValue {
        let buffer = try await self.body.collect(upTo: context.maxUploadSize)
        do {
            return try StrictJSON.read(Array(buffer.readableBytesView))
        } catch {
            throw Problems.malformedJSON
        }
    }

    /// The media type; nil with a charset other than UTF-8, in which we would read something else than was meant.
    private static func mediaType(_ header: String?) -> String? {
        let parts = header?.split(separator: ";").map { String($0).trimmed.lowercased() } ?? []
        let charsets = parts.dropFirst().compactMap { part in
            part.hasPrefix("charset=")
                ? part.dropFirst(8).trimmingCharacters(in: CharacterSet(charactersIn: " \"")) : nil
        }
        return charsets.allSatisfy { ["utf-8", "utf8"].contains($0) } ? parts.first : nil
    }
}

/// The fields of a URL-encoded form or query.
package struct FormFields: Sendable {
    package private(set) var values: [String: [String]] = [:]
    /// Whether some name or value was no text: broken percent-encoding, other bytes than UTF-8, or a NUL.
    package private(set) var hasUnreadable = false

    package init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count == 2 ? parts[1] : "") else {
                self.hasUnreadable = true
                continue
            }
            self.values[name, default: []].append(value)
        }
    }

    /// Fields as if they had been typed.
    package init(_ values: [String: String]) {
        self.values = values.mapValues { [$0] }
    }

    /// The first value of a field.
    package subscript(name: String) -> String? {
        get { self.values[name]?.first }
        set { self.values[name] = newValue.map { [$0] } }
    }

    /// The named fields as members of a JSON object, an empty one as absent; other fields do not matter.
    package func reader(_ names: String...) throws -> FieldReader {
        let members = names.compactMap { name in self[name].flatMap { $0.isEmpty ? nil : (name, JSONValue.string($0)) }
        }
        return try FieldReader(.object(Dictionary(members, uniquingKeysWith: { first, _ in first })))
    }

    private static func decoded(_ text: Substring) -> String? {
        let plain = text.replacing("+", with: " ")
        guard let decoded = String(plain).removingPercentEncoding, !decoded.unicodeScalars.contains("\0") else {
            return nil
        }
        return decoded
    }
}
