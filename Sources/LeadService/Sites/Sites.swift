import Foundation
import Leads

/// Which pages of others may carry our form, until when, and how many inquiries it takes from them.
package struct Sites: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let ownOrigins: Set<String>
    private let audit: Audit

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, ownOrigins: Set<String> = []
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.ownOrigins = ownOrigins
        self.audit = Audit(dependencies: dependencies)
    }

    /// The form without a key, which the origins of the setting `embed_origins` may carry.
    private var standard: Site {
        Site(name: Site.defaultName, formKey: nil, origins: self.settings.current.embedOrigins)
    }

    /// The form behind a key; an empty key is none.
    ///
    /// - Returns: nil for a key that nobody has.
    package func site(_ key: String?) async throws -> Site? {
        guard let key, !key.isEmpty else { return self.standard }
        guard key.utf8.count == 22 else { return nil }
        return try await self.database.autocommit { try await $0.site(formKey: key) }
    }

    /// The form behind a key, for a request from a page of that origin, and why it takes nothing: 422 `form_key_unknown` or
    /// 410 `form_closed`.
    ///
    /// - Throws: 403 `origin_refused` when the page may not carry this form.
    func form(_ key: String?, from origin: String?) async throws -> (site: Site, refusal: Problem?) {
        guard let site = try await self.site(key) else { return (self.standard, Self.unknown) }
        if let origin, !self.ownOrigins.contains(origin), !site.origins.contains(where: { $0.matches(origin) }) {
            throw Problems.originRefused
        }
        return (site, self.closed(site))
    }

    /// Whether a page of that origin may call at all: it may carry some form of ours.
    func allows(_ origin: String) async throws -> Bool {
        if self.standard.origins.contains(where: { $0.matches(origin) }) { return true }
        return try await self.database.autocommit { try await $0.isSiteOrigin(origin) }
    }

    func isOwn(_ origin: String) -> Bool { self.ownOrigins.contains(origin) }

    /// 410 `form_closed` with the site's words and the telephone, for a form that takes nothing any more.
    func closed(_ site: Site) -> Problem? {
        site.isOpen(at: self.dependencies.now()) ? nil : self.settings.current.closed(site)
    }

    private static let unknown = Problem(failures: [
        ValidationFailure(
            "form_key_unknown", at: "/form_key", "没有找到这个表单，请联系放置表单的网站", english: "No form has this key.")
    ])
}

extension Settings {
    /// Why a form takes nothing any more, in the site's words, with the way that is left.
    func closed(_ site: Site) -> Problem {
        let text = site.closedText ?? "这个表单已经停止接收新的咨询"
        let telephone = self.companyTelephone
        let way = telephone.isEmpty ? "" : "您可以致电 \(telephone)（工作日 \(self.openingHours)）。"
        let ends = text.last.map { "。！？.!?".contains($0) } ?? false
        return Problem(
            .gone, "form_closed", text + (ends ? "" : "。") + way,
            english: "This form takes no more inquiries." + (telephone.isEmpty ? "" : " Please ring \(telephone)."),
            members: telephone.isEmpty ? [:] : ["telephone": telephone])
    }
}

extension Problems {
    /// Before any field is looked at: the page that calls may carry no form of ours, or not this one.
    static let originRefused = Problem(
        .forbidden, "origin_refused", "这个网站没有获准使用此表单", english: "Pages of this origin may not use this form.")
}

/// Managing sites: what `huifang site` and the office's page do.
extension Sites {
    /// Adds a site.
    ///
    /// - Throws: 422 for a name that is none; 409 `site_taken`.
    package func add(_ name: String, _ change: (inout Site) -> Void, by actor: AuditActor) async throws -> Site {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,39}/) != nil, name != Site.defaultName else {
            throw Problem(failures: [
                ValidationFailure(
                    "site_name_invalid", at: "/name", "站点名称应为小写字母、数字、- 和 _，最多 40 个字符",
                    english: "A site's name has up to 40 lower-case letters, digits, '-' and '_', and is not 'default'."
                )
            ])
        }
        let key = Base64URL.encode(self.dependencies.randomBytes(16))
        var draft = Site(name: name, formKey: key, origins: [])
        change(&draft)
        let site = draft
        let event = self.event("site.add", on: site, Self.said(site), by: actor)
        let now = self.dependencies.now()
        let isNew = try await self.database.transaction { tx -> Bool in
            guard try await tx.insertSite(site, at: now) else { return false }
            try await tx.insert(event)
            return true
        }
        guard isNew else {
            throw Problem(.conflict, "site_taken", "已经有这个名称的站点", english: "There is a site of this name already.")
        }
        return site
    }

    /// Changes a site; a quota that changes begins anew.
    ///
    /// - Parameter seen: the version that the change was made from; nil for whatever there is.
    /// - Returns: nil when there is no such site.
    /// - Throws: 412 `site_changed` when it is another by now.
    package func change(
        _ name: String, from seen: String? = nil, _ change: @escaping @Sendable (inout Site) -> Void,
        by actor: AuditActor
    ) async throws -> Site? {
        try await self.database.transaction { tx -> Site? in
            guard var site = try await tx.site(named: name) else { return nil }
            if let seen, seen != site.version { throw Self.changed }
            let before = Self.said(site)
            change(&site)
            try await tx.updateSite(site)
            try await tx.insert(
                self.event(
                    "site.change", on: site, Self.said(site).merging(["before": .object(before)]) { own, _ in own },
                    by: actor))
            return try await tx.site(named: name)
        }
    }

    private static let changed = Problem(
        .preconditionFailed, "site_changed", "这个表单刚被改过，请看过现在的内容再改",
        english: "The site was changed meanwhile; look at it as it is now.")

    /// Every site by its name.
    package func all() async throws -> [Site] {
        try await self.database.autocommit { try await $0.sites() }
    }

    private func event(
        _ action: String, on site: Site, _ detail: [String: JSONOutput], by actor: AuditActor
    ) -> AuditEvent {
        self.audit.event(action, on: site.name, by: actor.name, role: actor.role, detail: detail)
    }

    /// What somebody may have said of it.
    private static func said(_ site: Site) -> [String: JSONOutput] {
        [
            "origins": .array(site.origins.map { .string($0.description) }), "active": .bool(site.isActive),
            "closes_on": .optional(site.closesOn?.description), "quota": .optional(site.quota),
            "closed_text": .optional(site.closedText),
        ]
    }
}
