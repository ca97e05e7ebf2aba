import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The privacy notice in force and every earlier one, each at an address of its own.
struct NoticeRoutes: RouteList {
    let notices: PrivacyNoticeStore
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/privacy", .visitor) { _, _ in try self.page(try self.current, isCurrent: true) },
            Route(.get, "/privacy/{version}", .visitor) { _, context in
                let notice = try self.named(context)
                return try self.page(notice, isCurrent: notice.version == self.notices.current?.version)
            },
            Route(.get, "/api/v1/privacy-notice", .visitor) { _, _ in Self.json(try self.current) },
            Route(.get, "/api/v1/privacy-notice/{version}", .visitor) { _, context in
                Self.json(try self.named(context))
            },
        ]
    }

    private var current: PrivacyNotice {
        get throws {
            guard let notice = self.notices.current else { throw Problems.unavailable }
            return notice
        }
    }

    private func named(_ context: LeadRequestContext) throws -> PrivacyNotice {
        guard let notice = self.notices.notice(context.parameters.get("version") ?? "") else {
            throw Problems.notFound
        }
        return notice
    }

    private func page(_ notice: PrivacyNotice, isCurrent: Bool) throws -> Response {
        var context: [String: Any] = [
            "title": "隐私说明", "version": notice.version,
            "effective_text": (try? ShanghaiDate(parsing: notice.effectiveOn))?.fullText ?? notice.effectiveOn,
            "sha256": Hex.text(notice.sha256), "text_html": NoticeText.html(notice.text), "is_current": isCurrent,
            // What is in force is the latest that is; a later one is still to come.
            "is_coming": notice.effectiveOn > (self.notices.current?.effectiveOn ?? notice.effectiveOn),
        ]
        if isCurrent { context.merge(PrivacyRoutes.requestForm(nil, failures: [])) { first, _ in first } }
        return try self.pages.render("privacy/notice", context)
    }

    private static func json(_ notice: PrivacyNotice) -> Response {
        .json(
            .object([
                "version": .string(notice.version), "effective_on": .string(notice.effectiveOn),
                "sha256": .string(Hex.text(notice.sha256)), "text": .string(notice.text),
            ]))
    }
}
