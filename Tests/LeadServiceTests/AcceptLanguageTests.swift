import HTTPTypes
import LeadService
import Testing

/// The language of problems, as `Accept-Language` weighs it.
@Suite struct AcceptLanguageTests {
    @Test func `English is answered where it is wanted more than Chinese`() async throws {
        let cases: [(header: String, language: String)] = [
            ("en", "en"), ("EN-gb", "en"), ("en-US,en;q=0.9,zh-CN;q=0.8", "en"), ("fr,en;q=0.5", "en"),
            ("zh;q=0.1,en", "en"), ("zh;q=0.1, en ; q=0.2", "en"), ("en,zh", "en"), ("*;q=0.1,en;q=0.2", "en"),
            ("en,*", "en"),
            ("zh-CN;q=0.5,zh;q=0.4,en;q=0.45", "zh-CN"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("zh,en", "zh-CN"),
            ("en;q=0", "zh-CN"), ("en;q=0,*", "zh-CN"), ("en;q=0.000", "zh-CN"), ("*", "zh-CN"), ("fr", "zh-CN"),
            ("", "zh-CN"),
            ("en;q=2", "zh-CN"), ("en;q=", "zh-CN"), ("en;level=1", "zh-CN"), ("english", "zh-CN"), (",;,", "zh-CN"),
            ("en;q=1.", "en"), ("en;q=0.", "zh-CN"), ("*;q=0.5,zh;q=0.4", "en"),
        ]
        try await withService { service in
            for (header, language) in cases {
                let answer = try await service.call(.get, "/nowhere", headers: [.acceptLanguage: header])
                #expect(answer.headers[.contentLanguage] == language, "\(header)")
            }
        }
    }
}
