import Leads
import Testing

@Suite struct `Identity numbers` {
    @Test(arguments: [
        ("310101199001011234", "（证件号已隐去）"), ("身份证310101199001011234，请核对", "身份证（证件号已隐去），请核对"),
        ("31010119900101123X", "（证件号已隐去）"), ("31010119900101123x。", "（证件号已隐去）。"),
        ("３１０１０１１９９００１０１１２３Ｘ", "（证件号已隐去）"), ("310101 19900101 1234", "（证件号已隐去）"),
        ("310101-19900101-123X 和 310101199001011235", "（证件号已隐去） 和 （证件号已隐去）"),
        // A wrong check digit, or no date: a mistyped number tells as much.
        ("110101199003070000", "（证件号已隐去）"), ("999999999999999999", "（证件号已隐去）"),
    ])
    func `are masked`(_ text: String, _ masked: String) throws {
        #expect(IdentityNumber.masked(in: text) == masked)
        #expect(try Remark(parsing: text).text == masked)
    }

    @Test(arguments: [
        "13800000001", "13800000001 13800000002", "138 0000 0001 138 0000", "6222020200012345678",
        "社保 36 个月，2026-11-26 续签",
        "31010119900101123", "310101199001011234567", "", "X", "编号 20261126 0001 99999", "31010119900101 12",
    ])
    func `other numbers stay`(_ text: String) throws {
        #expect(IdentityNumber.masked(in: text) == text)
    }
}
