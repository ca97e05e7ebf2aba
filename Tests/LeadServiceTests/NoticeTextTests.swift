import Foundation
import HTTPTypes
import LeadService
import Testing

/// What the Markdown of a notice becomes on its page, and what the page says of a version that is still to come.
@Suite struct NoticeTextTests {
    /// The prose of a notice published with that text.
    private func prose(_ markdown: String, _ service: TestService) async throws -> String {
        try await service.publish("2026-12", from: "2026-12-01", markdown)
        let page = try await service.call(.get, "/privacy/2026-12", headers: [.accept: "text/html"])
        return String(try #require(page.text.firstMatch(of: /<div class="prose">(.*?)<\/div>/.dotMatchesNewlines())).1)
    }

    @Test(arguments: [
        ("# 标题\n## 一、变化\n### 细则", "<h2>一、变化</h2><h3>细则</h3>"),
        ("- 甲\n- 乙\n丙", "<ul><li>甲</li><li>乙</li></ul><p>丙</p>"),
        ("1. 甲\n2. 乙\n\n丙", "<ol><li>甲</li><li>乙</li></ol><p>丙</p>"),
        ("3) 丙\n4) 丁", #"<ol start="3"><li>丙</li><li>丁</li></ol>"#),
        ("- 甲\n  接着甲\n1. 乙", "<ul><li>甲接着甲</li></ul><ol><li>乙</li></ol>"),
        ("我们\n不卖\n\nplain\nwords", "<p>我们不卖</p><p>plain words</p>"),
        ("这**很要紧**。", "<p>这<b>很要紧</b>。</p>"),
        (
            "见[细则](https://firm.example/a?b=1&c=2)和[首页](/)",
            #"<p>见<a href="https://firm.example/a?b=1&amp;c=2">细则</a>和<a href="/">首页</a></p>"#
        ),
        ("[坏](javascript:alert(1))", "<p>[坏](javascript:alert(1))</p>"),
        ("[坏](//other.example)", "<p>[坏](//other.example)</p>"),
        (
            #"<script>x</script> [a](https://x.example/"onclick=")"#,
            "<p>&lt;script&gt;x&lt;/script&gt; <a href=\"https://x.example/&quot;onclick=&quot;\">a</a></p>"
        ),
        ("2026 年起，1.5 倍", "<p>2026 年起，1.5 倍</p>"),
    ])
    func `a notice's Markdown becomes what it says, and everything else stays text`(
        _ markdown: String, _ html: String
    ) async throws {
        try await withService { service in
            let prose = try await self.prose(markdown, service)
            #expect(prose == html)
        }
    }

    @Test func `a version that is still to come says from when, an old one that there is a newer`() async throws {
        try await withService { service in
            try await service.publish("2026-12", from: "2026-12-01", "新的用途")
            func said(_ path: String) async throws -> String {
                try await service.call(.get, path, headers: [.accept: "text/html"]).text
            }
            let coming = try await said("/privacy/2026-12")
            #expect(coming.contains("自2026年12月1日起生效，现在还没有生效") && !coming.contains("已有新版本"))
            let before = try await said("/privacy")
            #expect(!before.contains("起生效"))
            service.clock.set(try #require(RFC3339.date("2026-12-01T00:00:00+08:00")))
            let now = try await said("/privacy/2026-12")
            #expect(now.contains("自2026年12月1日起施行") && !now.contains("起生效") && !now.contains("已有新版本"))
            let old = try await said("/privacy/2026-11")
            #expect(old.contains("已有新版本"))
        }
    }
}
