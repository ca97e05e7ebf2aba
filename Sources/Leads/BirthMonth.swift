import Foundation

/// Year and month of birth, as people are asked for them; the day is nobody's business here.
package struct BirthMonth: Sendable, Hashable {
    package let year: Int
    package let month: Int

    /// Reads what was typed into two fields, such as `1992` and `5`; full-width digits are fine.
    ///
    /// - Throws: `birth_invalid`, at `/birth_year` or `/birth_month`.
    package init(year: String, month: String, on day: ShanghaiDate) throws(ValidationFailure) {
        let (thisYear, thisMonth, _) = day.components
        guard let year = Text.wholeNumber(year), (thisYear - 120...thisYear).contains(year) else {
            throw ValidationFailure(
                "birth_invalid", at: "/birth_year", "请填写四位的出生年份，如 1992", english: "The year of birth in four digits.")
        }
        guard let month = Text.wholeNumber(month), (1...12).contains(month), year < thisYear || month <= thisMonth
        else {
            throw ValidationFailure(
                "birth_invalid", at: "/birth_month", "请填写出生月份，1 到 12", english: "The month of birth, 1 to 12.")
        }
        (self.year, self.month) = (year, month)
    }

    /// Full years on a day.
    ///
    /// In the month of the birthday it counts as passed, which never gives a point too many.
    package func age(on day: ShanghaiDate) -> Int {
        let (year, month, _) = day.components
        return year - self.year - (month < self.month ? 1 : 0)
    }
}
