import Leads
import Testing

@Suite struct `Names` {
    @Test(arguments: [
        ("王女士", "王女士"), ("  小李 ", "小李"), ("李", "李"), ("Lee", "Lee"), ("Anna  Smith", "Anna Smith"),
        ("买买提•吐尔逊", "买买提·吐尔逊"), ("买买提・吐尔逊", "买买提·吐尔逊"), ("买买提‧吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"), ("买买提.吐尔逊", "买买提·吐尔逊"), ("J. Smith", "J. Smith"),
        ("𠮷田", "𠮷田"), ("𱁬", "𱁬"), ("〇一", "〇一"), ("䶮", "䶮"), ("e\u{301}a", "\u{E9}a"), ("O'Neill-王", "O'Neill-王"),
        ("葛\u{E0100}城", "葛\u{E0100}城"), ("སྒྲོལ་མ", "སྒྲོལ་མ"), ("Nguyễn", "Nguyễn"), ("张3", "张3"), ("😀王", "😀王"),
        ("😀😀", "😀😀"),
        ("محمد علي", "محمد علي"), ("שרה כהן", "שרה כהן"),
        ("李\t", "李"),
    ])
    func `a name people have is kept`(_ input: String, _ text: String) throws {
        guard input != "李\t" else {
            #expect(throws: ValidationFailure.self) { try PersonName(parsing: input) }
            return
        }
        #expect(try PersonName(parsing: input).text.unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test(arguments: [
        "", "   ", "　", "12345", "１２３", "①", "...", "——", "!!!", "\u{200B}", "王\u{200B}明", "\u{200B}王明", "王明\u{200B}",
        "王\u{202E}明",
        "王\u{2066}明", "王\u{200F}明", "王👨‍👩‍👧", "\u{FEFF}王", "王\u{AD}明", "王\u{0}明", "王\u{7}", "王\n明", "王\u{2028}明",
        "\u{E000}王", "\u{F0000}王",
        "王\u{378}",
        "王\u{FFFF}", "\u{3164}", "王\u{3164}", "\u{115F}王", "e\u{301}\u{301}\u{301}\u{301}\u{301}", "http://a.example",
        "www.a", "a.com",
        "加我 x-1.com", "王.com", "a。com", "王310101199003074530", "王 31010119900307453X", "王３１０１０１１９９００３０７４５３０",
        "王 310101 19900307 4530",
    ])
    func `what nobody is called is refused`(_ input: String) {
        let failure = #expect(throws: ValidationFailure.self) { try PersonName(parsing: input) }
        #expect(failure?.code == "name_invalid")
        #expect(failure?.detail.isEmpty == false)
    }

    @Test func `fifty characters are a name and fifty-one are not`() throws {
        #expect(try PersonName(parsing: String(repeating: "𠮷", count: 50)).text.count == 50)
        let failure = #expect(throws: ValidationFailure.self) {
            try PersonName(parsing: String(repeating: "王", count: 51))
        }
        #expect(failure?.detail == "称呼最多 50 个字，请缩短")
    }

    @Test func `masks are the given ones`() throws {
        let masks = try #require(VectorFile.vectors).mask.filter { $0.name != nil }
        #expect(masks.count == 5)
        for mask in masks { #expect(try PersonName(parsing: mask.name ?? "").masked == mask.display) }
    }

    @Test(arguments: [
        ("买买提·吐尔逊", "买**·***"), ("张三", "张*"), ("李 明", "李 *"), ("A B", "A *"), ("Anna S", "A*** *"), ("李·", "*·"),
        ("王女士", "王**"), ("王 小明", "王 **"), ("Anna 小明", "A*** **"), ("김 민수", "김 **"), ("Ån Öl", "Å* Ö*"),
    ])
    func `a mask never shows a whole name`(_ name: String, _ mask: String) throws {
        #expect(try PersonName(parsing: name).masked == mask)
        #expect("\(try PersonName(parsing: name))" == mask)
    }

    @Test func `any mask hides all but one character of each part`() throws {
        var generator = SeededGenerator("masks")
        let letters = Array("王李欧阳娜 ·Anna小明𠮷")
        for _ in 0..<1000 {
            let text = String(
                (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                    letters.randomElement(using: &generator) ?? "王"
                })
            guard let name = try? PersonName(parsing: text) else { continue }
            #expect(name.masked != name.text, "\(text)")
            #expect(name.masked.count == name.text.count)
            let shown = zip(name.masked, name.text).filter { $0 == $1 && $0 != " " && $0 != "·" }.count
            #expect(shown <= name.text.split(whereSeparator: { $0 == " " || $0 == "·" }).count, "\(text)")
        }
    }

    @Test func `one search form for every spelling`() throws {
        func form(_ text: String) throws -> String { try PersonName(parsing: text).searchForm }
        #expect(try form("ANNA Smith") == form("anna  smith"))
        #expect(try form("Ａｎｎａ") == form("Anna"))
        #expect(try form("买买提•吐尔逊") == form("买买提·吐尔逊"))
        #expect(try form("欧阳娜") != form("欧阳娜娜"))
    }
}

@Suite struct `Remarks` {
    @Test func `lines and joined emoji are kept, ends of line become one kind`() throws {
        #expect(try Remark(parsing: " 下午方便\r\n谢谢\r好\t👨‍👩‍👧 \n").text == "下午方便\n谢谢\n好\t👨‍👩‍👧")
        #expect(try Remark(parsing: "").text.isEmpty)
        #expect(try Remark(parsing: "=1+1").text == "=1+1")
    }

    @Test func `five hundred characters are a remark and five hundred and one are not`() throws {
        #expect(try Remark(parsing: String(repeating: "𠮷", count: 500)).text.count == 500)
        #expect(throws: ValidationFailure.self) { try Remark(parsing: String(repeating: "好", count: 501)) }
    }

    @Test(arguments: [
        "a\u{0}", "a\u{1B}[0m", "\u{202E}abc", "\u{200B}", "\u{E000}", "a" + String(repeating: "\u{301}", count: 9),
    ])
    func `what cannot be seen is refused`(_ text: String) {
        let failure = #expect(throws: ValidationFailure.self) { try Remark(parsing: text) }
        #expect(failure?.code == "remark_invalid")
    }
}
