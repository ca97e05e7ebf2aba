package import Foundation
package import Leads

/// What people decide about codes beyond the commonest budgets: money, sites, and numbers that get no message.
package struct SendRules: Sendable, Equatable {
    /// A number that is only for trying things out, until a day.
    package struct TestNumber: Sendable, Equatable {
        package var phone: PhoneNumber
        package var until: ShanghaiDate
    }

    /// Why a code is made and kept from every gateway.
    package enum Withholding: String, Sendable {
        case testNumber = "test_number"
        case prefix
    }

    package var perHour: Int?
    package var perSiteAndHour: Int?
    package var perSiteAndDay: Int?
    /// What one message costs, and what a day may cost, in yuan.
    package var messagePrice: Decimal?
    package var moneyPerDay: Decimal?
    package var testNumbers: [TestNumber] = []
    /// Beginnings of numbers that get no message, beside those that belong to no person.
    package var withheldPrefixes: [String] = []

    package init() {}

    /// The block of a demonstration's made-up numbers: 154 was never given to an operator.
    static let demonstration = "1540000"
    /// Numbers of machines and satellites, and of nobody.
    private static let impersonal = ["1349", "1410", "144", "146", "148", "174", Self.demonstration]

    /// Whether a site's form has a budget of its own.
    var boundsSites: Bool { self.perSiteAndHour != nil || self.perSiteAndDay != nil }

    /// How many messages the money of a day pays for; nil without a price and a cap.
    package var messagesPaidFor: Int? {
        guard let price = self.messagePrice, let money = self.moneyPerDay, price > 0 else { return nil }
        return Int(min(Double(Int32.max), NSDecimalNumber(decimal: money / price).doubleValue.rounded(.down)))
    }

    /// Why no message goes to a number at an instant; nil when one does.
    package func withholding(of phone: PhoneNumber, at now: Date) -> Withholding? {
        let today = ShanghaiDate(now)
        if self.testNumbers.contains(where: { $0.phone == phone && today <= $0.until }) { return .testNumber }
        let listed = Self.impersonal + self.withheldPrefixes
        return listed.contains { phone.national.hasPrefix($0) } ? .prefix : nil
    }

    /// Applies one stored value.
    ///
    /// - Returns: false for a key that is not of these rules or a value that does not fit it.
    mutating func apply(_ key: String, _ value: JSONValue) -> Bool {
        switch (key, value) {
        case ("sends_per_hour", _): return Settings.whole(value, 1...100_000_000) { self.perHour = $0 }
        case ("sends_per_site_per_hour", _):
            return Settings.whole(value, 1...100_000_000) { self.perSiteAndHour = $0 }
        case ("sends_per_site_per_day", _): return Settings.whole(value, 1...100_000_000) { self.perSiteAndDay = $0 }
        case ("message_price", .number(let yuan)) where yuan > 0 && yuan <= 100: self.messagePrice = yuan
        case ("money_per_day", .number(let yuan)) where yuan > 0 && yuan <= 10_000_000: self.moneyPerDay = yuan
        case ("withheld_prefixes", .array(let values)) where values.count <= 200:
            let prefixes = values.compactMap { value -> String? in
                guard case .string(let text) = value, (3...7).contains(text.utf8.count), text.first == "1",
                    text.utf8.allSatisfy({ (48...57).contains($0) })
                else { return nil }
                return text
            }
            guard prefixes.count == values.count else { return false }
            self.withheldPrefixes = prefixes
        case ("test_numbers", .array(let values)) where values.count <= 50:
            let numbers = values.compactMap { Self.testNumber($0) }
            guard numbers.count == values.count else { return false }
            self.testNumbers = numbers
        default: return false
        }
        return true
    }

    /// `{"phone": …, "until": "2026-12-31"}`; without a last day it is none.
    private static func testNumber(_ value: JSONValue) -> TestNumber? {
        guard case .object(let members) = value, members.count == 2, case .string(let phone)? = members["phone"],
            case .string(let until)? = members["until"], let number = try? PhoneNumber(parsing: phone),
            let day = try? ShanghaiDate(parsing: until)
        else { return nil }
        return TestNumber(phone: number, until: day)
    }
}
