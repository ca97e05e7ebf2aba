import Foundation
import LeadService
import Testing

/// `/dev/gallery`: there in a development run, the same on every day.
@Suite struct GalleryTests {
    @Test func `the contents lead to every page and state, and each is the real page`() async throws {
        try await withService { service in
            let contents = try await service.call(.get, "/dev/gallery")
            #expect(contents.status == 200)
            let paths = contents.text.matches(of: /href="(\/dev\/gallery\/[a-z]+\/[a-z]+)"/).map { String($0.1) }
            #expect(paths.count == 31)
            for path in paths {
                let page = try await service.call(.get, path)
                #expect(page.status == 200, "\(path)")
                let parts = path.split(separator: "/")
                #expect(page.text.contains(#"name="gallery" content="\#(parts[2])-\#(parts[3])""#), "\(path)")
            }
            let error = try await service.call(.get, "/dev/gallery/landing/error").text
            for field in ["birth_year", "phone", "consent", "remark", "valid_until"] {
                #expect(error.contains(#"id="e-\#(field)""#), "\(field)")
            }
        }
    }

    @Test func `what it shows does not depend on the day`() async throws {
        try await withService { service in
            let before = try await service.call(.get, "/dev/gallery/landing/rest").text
            service.clock.advance(by: 400 * 24 * 3600)
            let after = try await service.call(.get, "/dev/gallery/landing/rest").text
            #expect(after == before)
            #expect(before.contains("我们会在 11月27日（周五）18:00 前致电"))
        }
    }

    @Test func `no other page, no other state, nothing outside a development run`() async throws {
        try await withService { service in
            for path in ["/dev/gallery/landing/none", "/dev/gallery/none/rest", "/dev/gallery/code/busy"] {
                let answer = try await service.call(.get, path)
                #expect(answer.status == 404, "\(path)")
            }
            let landing = try await service.call(.get, "/").text
            #expect(!landing.contains("gallery"))
        }
        try await withService([
            "SMS_GATEWAY": "webhook", "SMS_WEBHOOK_URL": "http://127.0.0.1:9/",
            "SMS_WEBHOOK_SECRET": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ]) { service in
            for path in ["/dev/gallery", "/dev/gallery/landing/rest"] {
                let answer = try await service.call(.get, path)
                #expect(answer.status == 404, "\(path)")
            }
        }
    }
}
