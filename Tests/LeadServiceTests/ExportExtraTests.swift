import Foundation
import Leads
import Testing

@testable import LeadService

/// What forms asked beyond our own questions, in a file.
@Suite struct ExportExtraTests {
    @Test func `extra questions follow as columns of their own, the most answered first, and as one object in NDJSON`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.submit(phone: "13800000001", more: #","extra":{"单位":"=公司\"","孩子":2}"#)
            service.clock.advance(by: 60)
            try await service.submit(phone: "13800000002")
            service.clock.advance(by: 60)
            try await service.submit(phone: "13800000003", more: #","extra":{"孩子":[1,"x"],"=1":true}"#)
            let empty = String(repeating: ",\"\"", count: AssessmentItem.allCases.count)
            let file = try await service.export("columns=phone,items,extra", chief).text.split(separator: "\r\n")
            #expect(file[0].hasSuffix(#","孩子","'=1","单位""#), "\(file[0])")
            #expect(
                file.dropFirst().map(String.init) == [
                    #""138****0001""# + empty + ",\"2\",\"\",\"'=公司\"\"\"",
                    #""138****0002""# + empty + ",\"\",\"\",\"\"",
                    #""138****0003""# + empty + #","[1,""x""]","true","""#,
                ])
            let lines = try await service.export("format=ndjson", chief).text.split(separator: "\n")
            let extras = try lines.map { JSONOutput(try StrictJSON.read(Array($0.utf8))["extra"]).text }
            #expect(extras == [#"{"单位":"=公司\"","孩子":2}"#, "{}", #"{"=1":true,"孩子":[1,"x"]}"#])
        }
    }

    @Test func `a masked file does not hold the number that somebody wrote once more, a plain one does`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let more =
                #","remark":"打 +86 13800000001 或 13900000002","extra":{"tel":13800000001,"更多":["８６１３８０００００００１"]}"#
            try await service.submit(phone: "13800000001", more: more)
            let masked = try await service.export("format=ndjson", chief).text
            #expect(masked.contains("打 +86 [number] 或 13900000002"))
            #expect(masked.contains(#""extra":{"tel":"[number]","更多":["[number]"]}"#), "\(masked)")
            let plain = try await service.export("format=ndjson&phone=plain&reason=test", chief).text
            #expect(plain.contains("打 +86 13800000001") && plain.contains(#""tel":13800000001"#))
        }
    }

    @Test func `identity numbers in further answers are masked before they are stored, and no name holds one`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let (number, long) = ("310101199003074530", String(repeating: "长", count: 500))
            let extra =
                #"{"a":"我是 \#(number)","b":\#(number),"c":["３１０１０１１９９００３０７４５３Ｘ"],"d":"\#(long)\#(number)","e":"13800000001","\#(number)":1}"#
            try await service.submit(phone: "13800000001", more: #","extra":\#(extra)"#)
            let sealed = try await service.export("format=ndjson&phone=plain&reason=test", chief).text
            for part in [number, "３１０１０１", long + "310101"] { #expect(!sealed.contains(part), "\(part)") }
            #expect(sealed.contains(#""a":"我是 （证件号已隐去）","b":"（证件号已隐去）","c":["（证件号已隐去）"]"#), "\(sealed)")
            #expect(sealed.contains(#""e":"13800000001""#) && sealed.contains(#""（证件号已隐去）":1"#))

            let named = try await service.call(
                .post, "/api/v1/inquiries",
                service.inquiry(
                    phone: "13800000001", name: "王" + number, challenge: UUID().uuidString, code: "123456"))
            #expect(named.code == "name_invalid" && !named.text.contains(number))
        }
    }

    @Test func `questions beyond the hundredth share a column and lose nothing`() {
        var questions = ExtraQuestions()
        let answers = Dictionary(uniqueKeysWithValues: (0..<150).map { ("q\(1000 + $0)", JSONOutput.integer($0)) })
        questions.add(answers.keys)
        questions.add(["q1149"])
        questions.settle()
        #expect(questions.names.count == 100 && questions.names[0] == "q1149" && questions.names[99] == "q1098")
        let cells = questions.cells(answers)
        #expect(cells.count == 101 && cells[0] == "149" && cells[99] == "98")
        #expect(cells[100].hasPrefix(#"{"q1099":99,"#) && cells[100].hasSuffix(#""q1148":148}"#))
    }
}
