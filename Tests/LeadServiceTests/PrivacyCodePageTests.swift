import Foundation
import HTTPTypes
import LeadService
import Testing

/// The code step of a privacy request, when it has to say that something is wrong.
@Suite struct PrivacyCodePageTests {
    @Test func `whatever is wrong at the code step, the summary leads to something on that page`() async throws {
        try await withService { service in
            let typed = [("phone", "13800000001"), ("kind", "correct")]
            let step = try await service.post("/privacy/code", typed)
            try #require(step.status == 200)
            let pages = [
                // Asked again on the same page, and by somebody who pressed twice on the page before.
                (try await service.post("/privacy/code", step.hiddenFields), 429, "同一号码请在 60 秒后再发", "ask"),
                (try await service.post("/privacy/code", typed), 429, "短信如已收到", "code"),
                (
                    try await service.post("/privacy/requests", step.hiddenFields + [("code", "1"), ("name", "王")]),
                    422,
                    "6 位", "code"
                ),
            ]
            for (page, status, words, place) in pages {
                #expect(page.status == status && page.text.contains(words), "\(page.text)")
                let link = try #require(page.text.firstMatch(of: /<li><a href="#([^"]+)">/)).output.1
                #expect(link == place, "\(words)")
                #expect(page.text.contains(#" id="\#(link)""#), "\(link)")
            }
        }
    }
}
