import Foundation
import Leads

/// What the address of a visitor's first page says of where they came from, for browsers without scripts.
///
/// The page's script reads the same and more (`embed.js`); without it, it travels from step to step as one hidden field.
struct Arrival: Sendable, Equatable {
    /// The field that carries it.
    static let field = "arrival"
    private static let mostParameters = 24
    private static let longestName = 64
    private static let longestValue = 100
    private static let longestReferrer = 500

    private var parameters: [String: String]
    private var referrer: String?

    /// The parameters of campaigns and clicks in a query, and the page that led here; all others are left alone.
    init(query: String, referrer: String? = nil) {
        let known = FormFields(query).values.compactMap { name, values -> (String, String)? in
            let name = String(name.lowercased().prefix(Self.longestName))
            guard Self.isCampaign(name) || Self.isClick(name), let value = values.first, !value.isEmpty else {
                return nil
            }
            return (name, PhoneNumber.redacted(in: String(value.prefix(Self.longestValue))))
        }
        self.parameters = Dictionary(
            known.sorted { $0.0 < $1.0 }.prefix(Self.mostParameters), uniquingKeysWith: { first, _ in first })
        self.referrer = referrer.map { String($0.prefix(Self.longestReferrer)) }
    }

    /// As the hidden field has it.
    init(field text: String) {
        self.init(query: text, referrer: FormFields(text)["referrer"])
    }

    /// What a posted form carries; before the first step, what the address of the page around the form says.
    ///
    /// - Parameter address: the page that the form was on, as the browser's `Referer` says.
    init(_ form: FormFields, from address: String?) {
        if let carried = form[Self.field] {
            self.init(field: carried)
        } else {
            // Only pages of our own tell us more of their address than its origin.
            let page = address.flatMap { URLComponents(string: $0) }
            self.init(query: page?.percentEncodedQuery ?? "")
        }
    }

    private static func isCampaign(_ name: String) -> Bool { name.hasPrefix("utm_") && name.count > 4 }

    private static func isClick(_ name: String) -> Bool {
        name.contains(/(?:cl|lk)id$|click_?id$|^[wg]braid$|_vid$|^qz_gdt$/)
    }

    /// The names of the campaign alone, for an address that people keep and pass on: what tells one click from another is left out.
    var query: String { Self.text(self.parameters.filter { Self.isCampaign($0.key) }) }

    /// Everything, for the hidden field; empty when nothing is known.
    var text: String {
        Self.text(self.parameters.merging(self.referrer.map { ["referrer": $0] } ?? [:]) { own, _ in own })
    }

    private static let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
        .union(CharacterSet(charactersIn: "_-."))

    private static func text(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { name, value in
            [name, value].map { $0.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? "" }
                .joined(separator: "=")
        }.joined(separator: "&")
    }

    /// The member `source` of an inquiry from that page; nil when nothing is known.
    func source(page: String) -> JSONValue? {
        guard !self.parameters.isEmpty || self.referrer != nil else { return nil }
        func group(_ belongs: (String) -> Bool, _ name: (String) -> String) -> JSONValue {
            .object(
                Dictionary(
                    self.parameters.filter { belongs($0.key) }.map { (name($0.key), .string($0.value)) },
                    uniquingKeysWith: { first, _ in first }))
        }
        var members: [String: JSONValue] = [
            "page_url": .string(page), "landing_url": .string(page),
            "utm": group(Self.isCampaign) { String($0.dropFirst(4)) },
            "click_ids": group({ !Self.isCampaign($0) }) { $0 },
        ]
        if let referrer { members["referrer"] = .string(referrer) }
        return .object(members)
    }
}
