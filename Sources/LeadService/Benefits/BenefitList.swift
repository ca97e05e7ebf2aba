import Crypto
import Foundation
import Leads

/// Changes what visitors are offered: files into the database, the list into the settings, both at once and audited.
package struct BenefitList: Sendable {
    /// Why the list stays as it is.
    package enum Refusal: Error, Equatable {
        /// Title, id or address is not one the setting takes.
        case unfit
        /// Eight are as many as a visitor is shown.
        case full
        case unknown
    }

    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.audit = Audit(dependencies: dependencies)
    }

    /// What is offered now.
    package func list() async throws -> [Settings.Benefit] {
        try await self.settings.reload()
        return self.settings.current.benefits
    }

    /// Adds a benefit, or puts it in the place of the one with its id.
    ///
    /// - Throws: `Refusal`.
    package func add(
        id: String, title: String, file: BenefitFile?, url: String?, by actor: String
    ) async throws {
        let sha256 = file.map { Array(SHA256.hash(data: $0.bytes)) }
        let content: Settings.Benefit.Content =
            if let sha256 { .file(Hex.text(sha256)) } else if let url { .address(url) } else { .byAdviser }
        let benefit = Settings.Benefit(id: id, title: title, content: content)
        // Read back as the servers will read it, so that nothing is stored that they would not take.
        guard case .object = try StrictJSON.read(Array(benefit.json.text.utf8)),
            Settings.Benefit(try StrictJSON.read(Array(benefit.json.text.utf8))) == benefit
        else { throw Refusal.unfit }
        try await self.change("benefit.add", id, by: actor) { list, tx in
            if let file, let sha256 {
                try await tx.insertBenefitFile(file, sha256: sha256, by: actor, at: self.dependencies.now())
            }
            guard let place = list.firstIndex(where: { $0.id == id }) else { return list + [benefit] }
            var list = list
            list[place] = benefit
            return list
        }
    }

    /// Takes a benefit off the list; who asked for it stays known.
    ///
    /// - Throws: `Refusal.unknown`.
    package func remove(_ id: String, by actor: String) async throws {
        try await self.change("benefit.remove", id, by: actor) { list, _ in
            guard list.contains(where: { $0.id == id }) else { throw Refusal.unknown }
            return list.filter { $0.id != id }
        }
    }

    private func change(
        _ action: String, _ id: String, by actor: String,
        _ body: @escaping @Sendable ([Settings.Benefit], Transaction) async throws -> [Settings.Benefit]
    ) async throws {
        let now = self.dependencies.now()
        let event = self.audit.event(action, on: id, by: actor, role: "command")
        try await self.database.transaction { tx in
            try await tx.lockSettings()
            let settings = Settings(rows: try await tx.settingRows().filter { $0.effectiveAt <= now })
            let list = try await body(settings.benefits, tx)
            guard list.count <= 8 else { throw Refusal.full }
            try await tx.insertSetting(
                key: "benefits", value: .array(list.map(\.json)), effectiveAt: now, by: actor, at: now)
            try await tx.insert(event)
        }
    }
}
