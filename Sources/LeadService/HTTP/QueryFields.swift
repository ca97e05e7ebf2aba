import Foundation
import Hummingbird
import Leads

/// The members of a query string, read as strictly as those of a body.
enum QueryFields {
    /// - Throws: 422 for a repeated member, or one that is no text.
    static func reader(_ request: Request) throws -> FieldReader {
        let form = FormFields(request.uri.query ?? "")
        let repeated = form.values.filter { $0.value.count > 1 }.keys.sorted()
        guard repeated.isEmpty else {
            throw Problem(
                failures: repeated.map {
                    ValidationFailure("repeated", at: "/\($0)", "参数重复", english: "Given more than once.")
                })
        }
        // Left out, an unreadable filter would select everything.
        guard !form.hasUnreadable else {
            throw Problem(failures: [
                ValidationFailure("text_invalid", at: "", "网址中有无法识别的字符", english: "The query is not readable as text.")
            ])
        }
        return try FieldReader(.object(form.values.compactMapValues { $0.first.map { .string($0) } }))
    }

    /// For an operation without query members.
    static func none(_ request: Request) throws {
        var fields = try self.reader(request)
        try fields.finish()
    }

    /// `cursor` of a list by id: the last one of the page before.
    static func idCursor(_ fields: inout FieldReader) -> UUID? {
        fields.parsed("cursor", required: false, longest: 36) { text throws(ValidationFailure) in
            guard let id = UUID(uuidString: text) else { throw LeadCursor.invalid }
            return id
        }
    }

    /// `limit`, 1–200, 50 by default; a number in a body, its text in a query.
    static func limit(_ fields: inout FieldReader) -> Int {
        guard let value = fields.value("limit") else { return 50 }
        let number: Int? =
            switch value {
            case .string(let text) where text.utf8.allSatisfy({ (48...57).contains($0) }): Int(text)
            case .number(let decimal): Int(exactly: NSDecimalNumber(decimal: decimal).doubleValue)
            default: nil
            }
        guard let number, (1...200).contains(number) else {
            fields.fail("limit_invalid", at: "limit", "每页 1–200 条", english: "limit is a whole number from 1 to 200.")
            return 50
        }
        return number
    }
}
