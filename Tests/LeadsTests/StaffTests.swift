import Leads
import Testing

@Suite struct `Roles` {
    @Test func `the table of who may what`() {
        let table: [Permission: Set<Role>] = [
            .workCallbacks: [.adviser, .supervisor, .administrator], .assignCallbacks: [.supervisor, .administrator],
            .browseLeads: [.supervisor, .administrator], .searchLeads: [.adviser, .supervisor, .administrator],
            .exportLeads: [.administrator], .manageStaff: [.administrator],
            .readStaff: [.administrator, .auditor], .readAudit: [.administrator, .auditor],
            .readOffice: [.administrator, .auditor],
            .readPrivacyRequests: [.administrator, .auditor, .privacy],
            .workPrivacyRequests: [.administrator, .privacy],
            .readStatistics: [.supervisor, .administrator, .auditor],
            .seeConsole: Set(Role.allCases),
        ]
        #expect(table.count == Permission.allCases.count)
        for (permission, roles) in table {
            for role in Role.allCases { #expect(role.may(permission) == roles.contains(role), "\(role) \(permission)") }
        }
    }
}

@Suite struct `Passwords` {
    @Test(arguments: [
        "kranich-leuchtet-story42", "Story-Only-Passphrase-7", "正确马电池订书钉蓝天白云大海", "correct horse battery",
        "8423 9174 5561 0238",
    ])
    func `unrelated words are a password`(_ text: String) throws {
        #expect(try Password(choosing: text, username: "story42").text == text)
    }

    @Test(arguments: [
        "", "short", "elevenchars", "passwordpassword", "Password1234", "123456789012", "210987654321", "abcdefghijklm",
        "qwertyuiopas",
        "aaaaaaaaaaaa", "abcabcabcabc", "huifang-2026-x", "Qwerty123456", "admin-2026-2026", "zhang.wei-2026",
        "1qaz2wsx3edc", "woaini1314520", "5201314woaini", "woaiwojia2026!", "wodemima123456", "P@ssw0rd2026!",
        "Pa55w0rd!!!!",
        "iloveyou520520", "ILoveYouForever", "q1w2e3r4t5y6", "a1b2c3d4e5f6", "zaq12wsxcde3", "!@#$%^&*()_+",
        "abcd1234abcd",
        "qwertyuiop12", "asdfghjkl;123", "zxcvbnm,./123", "dragon-monkey-7", "superman-batman", "Shanghai-2026!",
        "shanghai-luohu1", "jifenluohu2026", "13800000001138", "310101199001011234", "520131452013", "zhangwei123456",
        "zhangwei-admin1", "guanliyuan2026", "laopowoaini520", "huanying-huifang", "welcome2026!!", "letmein12345678",
        "trustno1trustno1", "Huawei-xiaomi-1", "ｐａｓｓｗｏｒｄ１２３４", "xiaoming521125", "beijing2008!!!", "monday-friday",
    ])
    func `what everybody tries is refused`(_ text: String) {
        let failure = #expect(throws: ValidationFailure.self) { try Password(choosing: text, username: "zhang.wei") }
        #expect(failure?.code == "password_weak")
    }

    @Test func `length is counted in characters after composing`() throws {
        let composed = "ü-kranich-xy"
        #expect(composed.count == 12)
        let decomposed = "u\u{308}-kranich-xy"
        #expect(
            try Password(choosing: decomposed, username: "a1").text.unicodeScalars.elementsEqual(
                composed.unicodeScalars))
        let long = String(String(repeating: "kranich leuchtet ", count: 8).prefix(128))
        #expect(try Password(choosing: long, username: "a1").text == long)
        #expect(throws: ValidationFailure.self) { try Password(choosing: long + "x", username: "a1") }
    }
}

@Suite struct `User names` {
    @Test(arguments: ["admin", "zhang.wei", "a1", "story42", "a_b-c.d"]) func `plain names are accepted`(
        _ text: String
    ) throws {
        #expect(try Username(parsing: text).text == text)
    }

    @Test(arguments: ["", "a", "Admin", "张伟", ".a", "a b", "a/b", "a\n", String(repeating: "a", count: 33)])
    func `others are refused`(_ text: String) {
        let failure = #expect(throws: ValidationFailure.self) { try Username(parsing: text) }
        #expect(failure?.code == "username_invalid")
    }
}
