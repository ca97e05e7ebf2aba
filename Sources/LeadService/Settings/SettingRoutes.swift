import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The settings as administrators change them: the difference is shown first, then all of it counts or none.
struct SettingRoutes: RouteList {
    let settings: SettingsImport
    let store: SettingsStore
    let titles: SettingTitles
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/settings"
        return [
            Route(.get, path, .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.list())
            },
            Route(.post, path + "/preview", .staff(.manageStaff)) { request, context in
                .json(try await self.change(request, context, applies: false))
            },
            Route(.patch, path, .steppedUp(.manageStaff)) { request, context in
                let changed = try await self.change(request, context, applies: true)
                try await self.store.reload()
                return .json(changed)
            },
            Route(.get, "/staff/settings", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/settings",
                    page.context("settings", title: "设置").merging(["can_manage": session.role.may(.manageStaff)]) {
                        first, _ in first
                    })
            },
        ]
    }

    private func list() async throws -> JSONOutput {
        let file = try await self.settings.export()
        return .object([
            "groups": .array(
                self.titles.groups.map { group in
                    .object([
                        "title": .string(group.title),
                        "items": .array(group.settings.map { self.item($0, in: file) }),
                    ])
                })
        ])
    }

    private func item(_ title: SettingTitles.Title, in file: SettingsFile) -> JSONOutput {
        let coming = (file.later ?? []).compactMap { part -> JSONOutput? in
            guard let from = part.from, let value = part.values[title.key] else { return nil }
            return .object(["effective_at": .string(RFC3339.text(from)), "value": JSONOutput(value)])
        }
        return .object([
            "key": .string(title.key), "title": .string(title.title), "help": .optional(title.help),
            "value": JSONOutput(file.main.values[title.key] ?? .null),
            "standard": JSONOutput(Settings.standardValue(of: title.key) ?? .null),
            "locked": .bool(self.settings.locked.contains(title.key)), "later": .array(coming),
        ])
    }

    /// `values` by key with what was `seen` of each, and from when on they count.
    private func change(
        _ request: Request, _ context: LeadRequestContext, applies: Bool
    ) async throws -> JSONOutput {
        var fields = try FieldReader(try await request.json(context))
        if !fields.has("values") { fields.missing("values") }
        if !fields.has("seen") { fields.missing("seen") }
        let (values, seen) = (fields.optionalObject("values"), fields.optionalObject("seen"))
        let effectiveAt = fields.optionalDate("effective_at")
        guard case .object(var file)? = values, case .object(let known)? = seen else {
            try fields.finish()
            throw Problems.internal
        }
        for key in file.keys.sorted() {
            let place = "values/\(key.prefix(64))"
            if !self.titles.keys.contains(key) {
                fields.fail("setting_unknown", at: place, "没有这个设置项", english: "There is no such setting here.")
            } else if known[key] == nil {
                fields.fail(
                    "seen_missing", at: place, "请先看过这一项现在的值", english: "Say in 'seen' what it was changed from.")
            }
        }
        try fields.finish()
        if let effectiveAt { file["effective_at"] = .string(RFC3339.text(effectiveAt)) }
        let outcome = try await self.settings.load(
            .object(file), applies: applies, from: known.filter { file[$0.key] != nil },
            by: try context.loggedIn.actor)
        return .object([
            "changes": .array(
                outcome.changes.map { change in
                    .object([
                        "key": .string(change.key), "old": JSONOutput(change.old),
                        "new": change.new.map { JSONOutput($0) } ?? .null,
                        "effective_at": .optional(change.from.map { RFC3339.text($0) }),
                    ])
                }),
            "locked": .array(outcome.locked.map { .string($0) }),
        ])
    }
}
