import Leads
import Testing

@Suite struct `Second numbers` {
    @Test(arguments: [
        ("021-5555 0100", "8", "+862155550100;ext=8", "021****0100"),
        ("０２１５５５５０１００", nil, "+862155550100", "021****0100"),
        ("(010) 62340001", nil, "+861062340001", "010****0001"),
        ("0755-2345678", "０１２３", "+867552345678;ext=0123", "0755****5678"),
        ("+86 21 5555 0100", nil, "+862155550100", "021****0100"),
        ("0086 0512 62340001", nil, "+8651262340001", "0512****0001"),
        ("86 21 55550100", "", "+862155550100", "021****0100"), ("138 0000 0001", nil, "+8613800000001", "138****0001"),
        ("+8613800000001", "", "+8613800000001", "138****0001"),
    ])
    func `a spelling is one number, which reads back as it was stored`(
        _ typed: String, _ digits: String?, _ stored: String, _ masked: String
    ) throws {
        let number = try SecondNumber(parsing: typed, extension: digits)
        #expect(number.stored == stored && number.masked == masked && "\(number)" == masked)
        #expect(try SecondNumber(stored: stored) == number)
    }

    @Test(arguments: [
        "", "55550100", "021-555501", "021-555501000", "021-15550100", "0123-5555010", "1380000000", "12800000001",
        "021-5555010x", "+1 212 555 0100", "400-820-0001", "12345",
    ])
    func `what is no number of the mainland is refused`(_ typed: String) {
        let failure = #expect(throws: ValidationFailure.self) { try SecondNumber(parsing: typed) }
        #expect(failure?.code == "second_number_invalid")
    }

    @Test(arguments: [
        ("021-55550100", "1234567"), ("021-55550100", "8a"), ("021-55550100", "+8"), ("13800000001", "8"),
    ])
    func `an extension has up to six digits, and a mobile none`(_ typed: String, _ digits: String) {
        let failure = #expect(throws: ValidationFailure.self) { try SecondNumber(parsing: typed, extension: digits) }
        #expect(failure?.code == "extension_invalid")
    }
}
