import Foundation
import Leads

/// What is said of a site: everything when it is added, what changes later.
struct SiteFields: Sendable {
    /// A member that was left out stays as it is; null takes it away.
    enum Said<Value: Sendable>: Sendable {
        case nothing, none
        case value(Value)

        func apply(to kept: inout Value?) {
            switch self {
            case .nothing: break
            case .none: kept = nil
            case .value(let value): kept = value
            }
        }
    }

    var origins: [Origin]?
    var isActive: Bool?
    var closesOn = Said<ShanghaiDate>.nothing
    var quota = Said<Int>.nothing
    var closedText = Said<String>.nothing

    static let mostOrigins = 20

    /// Reads `origins`, `active`, `closes_on`, `quota` and `closed_text`.
    static func read(_ fields: inout FieldReader, needsOrigins: Bool) -> SiteFields {
        var site = SiteFields()
        site.origins = Self.origins(&fields)
        if needsOrigins, site.origins == nil, !fields.hasFailed("origins") { fields.missing("origins") }
        site.isActive = fields.optionalBool("active")
        site.quota = Self.said("quota", &fields) { $0.optionalInteger("quota", 1...1_000_000_000) }
        site.closesOn = Self.said("closes_on", &fields) { fields in
            fields.parsed("closes_on", required: false, longest: 10) { text throws(ValidationFailure) in
                try ShanghaiDate(parsing: text)
            }
        }
        site.closedText = Self.said("closed_text", &fields) { fields in
            fields.parsed("closed_text", required: false, longest: 400) { text throws(ValidationFailure) in
                let text = text.trimmed
                guard (1...200).contains(text.unicodeScalars.count) else {
                    throw ValidationFailure(
                        "closed_text_invalid", "关闭后的话为 1–200 个字", english: "1 to 200 characters.")
                }
                return text
            }
        }
        return site
    }

    func apply(to site: inout Site) {
        if let origins { site.origins = origins }
        if let isActive { site.isActive = isActive }
        self.closesOn.apply(to: &site.closesOn)
        self.quota.apply(to: &site.quota)
        self.closedText.apply(to: &site.closedText)
    }

    private static func said<Value>(
        _ name: String, _ fields: inout FieldReader, _ read: (inout FieldReader) -> Value?
    ) -> Said<Value> {
        if fields.takesNull(name) { return .none }
        return read(&fields).map { .value($0) } ?? .nothing
    }

    private static func origins(_ fields: inout FieldReader) -> [Origin]? {
        guard fields.has("origins") else { return nil }
        guard let values = fields.value("origins")?.asList, (1...Self.mostOrigins).contains(values.count) else {
            fields.fail(
                "origins_invalid", at: "origins", "来源填 1–\(Self.mostOrigins) 个",
                english: "A list of 1 to \(Self.mostOrigins) origins.")
            return nil
        }
        var origins: [Origin] = []
        for value in values {
            do throws(ValidationFailure) {
                let origin = try Origin(parsing: value.asText ?? "")
                if !origins.contains(origin) { origins.append(origin) }
            } catch {
                fields.fail(error, at: "origins")
                return nil
            }
        }
        return origins
    }
}
