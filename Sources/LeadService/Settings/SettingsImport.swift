import Foundation
package import Leads

/// Exports what people edit as one file, and loads such a file after showing what it changes.
package struct SettingsImport: Sendable {
    /// What a file changes, in the order of time.
    package struct Outcome: Sendable, Equatable {
        package var changes: [SettingsChange] = []
        /// Keys of the file that an environment variable locks; they stay as they are.
        package var locked: [String] = []
    }

    private let database: Database
    private let dependencies: Dependencies
    let locked: Set<String>
    private let audit: Audit

    /// - Parameter locked: the keys that the environment locks.
    package init(database: Database, dependencies: Dependencies, locked: some Sequence<String>) {
        self.database = database
        self.dependencies = dependencies
        self.locked = Set(locked)
        self.audit = Audit(dependencies: dependencies)
    }

    /// What is stored, whatever the environment locks.
    package func export() async throws -> SettingsFile {
        let rows = try await self.database.autocommit { try await $0.settingRows() }
        return SettingsFile(rows: rows, at: self.dependencies.now())
    }

    /// Finds what a file changes and, with `applies`, changes it: all of it or nothing, each key with an event.
    ///
    /// - Parameter seen: the values that the change was made from; nil for whatever there is.
    /// - Throws: a 422 problem that names every key and value that cannot be taken; 412 `setting_changed` for one that is no longer
    ///   what was seen.
    package func load(
        _ json: JSONValue, applies: Bool, from seen: [String: JSONValue]? = nil, by actor: AuditActor
    ) async throws -> Outcome {
        try await self.database.transaction { tx in
            // Nobody else changes a setting between the difference and its application.
            if applies { try await tx.lockSettings() }
            let now = self.dependencies.now()
            let file = try SettingsFile(json, at: now)
            try await self.check(file, in: tx)
            let rows = try await tx.settingRows()
            try Self.checkQuestions(of: file, after: rows)
            try await Self.checkLogo(of: file, after: rows, tx)
            if let seen { try Self.compare(seen, with: SettingsFile(rows: rows, at: now).main.values) }
            let outcome = self.difference(of: file, from: rows, at: now)
            guard applies else { return outcome }
            for change in outcome.changes {
                try await tx.applySetting(change, by: actor, at: now, self.audit)
            }
            return outcome
        }
    }

    /// Refuses a change that was made from what is no longer there.
    private static func compare(_ seen: [String: JSONValue], with stored: [String: JSONValue]) throws {
        let failures = seen.sorted { $0.key < $1.key }.compactMap { key, value -> ValidationFailure? in
            guard let now = stored[key], !Settings.areEqual(now, value, for: key) else { return nil }
            return ValidationFailure(
                "setting_changed", at: "/seen/\(key)", "这一项刚被改过，请看过现在的值再改",
                english: "'\(key)' was changed meanwhile; look at it as it is now.")
        }
        guard let first = failures.first else { return }
        throw Problem(
            .preconditionFailed, first.code, first.detail, english: first.detailInEnglish, failures: failures)
    }

    /// Refuses to give the key of a question that is asked no more to another one: its answers would be read as this one's.
    private static func checkQuestions(of file: SettingsFile, after rows: [SettingRow]) throws {
        let known = Settings(rows: rows)
        let former = Dictionary(known.formerQuestions.map { ($0.key, $0) }) { $1 }
        let failures = file.parts.flatMap { part -> [ValidationFailure] in
            guard let value = part.values[Settings.extraQuestionsKey] else { return [] }
            return ((try? ExtraQuestion.list(value)) ?? []).compactMap { question in
                guard let other = former[question.key], other.label != question.label || other.kind != question.kind
                else { return nil }
                return ValidationFailure(
                    "question_key_used", at: "/\(Settings.extraQuestionsKey)",
                    "代号“\(question.key)”以前是“\(other.label)”的，请换一个",
                    english: "The key '\(question.key)' was another question's; use another one.")
            }
        }
        guard failures.isEmpty else { throw Problem(failures: failures) }
    }

    /// Refuses a picture that is not here, unless it is what is stored.
    private static func checkLogo(of file: SettingsFile, after rows: [SettingRow], _ tx: Transaction) async throws {
        let known = rows.compactMap { $0.key == "company_logo" ? CompanyLogo($0.value) : nil }
        for logo in file.parts.compactMap({ $0.values["company_logo"] }).compactMap({ CompanyLogo($0) })
        where !known.contains(logo) {
            guard try await !tx.hasLogo(logo) else { continue }
            throw Problem(failures: [
                ValidationFailure(
                    "logo_unknown", at: "/company_logo", "这张图片不在这里，请先在设置页上传",
                    english: "This picture is not stored here.")
            ])
        }
    }

    private func difference(of file: SettingsFile, from stored: [SettingRow], at now: Date) -> Outcome {
        var (rows, outcome) = (stored, Outcome())
        func value(of key: String, at instant: Date) -> JSONValue {
            Settings.values(of: rows.filter { $0.key == key && $0.effectiveAt <= instant })[key]
                ?? Settings.standardValue(of: key) ?? .null
        }
        for part in file.parts {
            for (key, _) in Settings.standardValues {
                guard let new = part.values[key] else { continue }
                guard !self.locked.contains(key) else {
                    if !outcome.locked.contains(key) { outcome.locked.append(key) }
                    continue
                }
                let known = part.from.flatMap { from in rows.first { $0.key == key && $0.isOf(from) } }
                let instant = known?.effectiveAt ?? part.from ?? now
                let old = value(of: key, at: instant)
                let isNewToCome = part.from != nil && known == nil
                guard isNewToCome || !Settings.areEqual(old, new, for: key) else { continue }
                outcome.changes.append(
                    SettingsChange(key: key, old: old, new: new, from: part.from == nil ? nil : instant))
                rows = rows.filter { $0.key != key || $0.effectiveAt != instant }
                rows.append(SettingRow(key: key, value: new, effectiveAt: instant))
                rows.sort { $0.effectiveAt < $1.effectiveAt }
            }
        }
        guard file.later != nil else { return outcome }
        for row in stored where row.effectiveAt > now && Settings.standardValue(of: row.key) != nil {
            let isKept = file.parts.contains { part in
                part.values[row.key] != nil && part.from.map { row.isOf($0) } ?? false
            }
            guard !isKept, !self.locked.contains(row.key) else { continue }
            outcome.changes.append(SettingsChange(key: row.key, old: row.value, new: nil, from: row.effectiveAt))
        }
        return outcome
    }

    /// Refuses what would be stored and not be true: a file that is not here, another text for a notice that people agreed to.
    private func check(_ file: SettingsFile, in tx: Transaction) async throws {
        var failures: [ValidationFailure] = []
        let published = Dictionary(try await tx.privacyNotices().map { ($0.version, $0) }) { $1 }
        let parts = [("", file.main)] + (file.later ?? []).enumerated().map { ("/later/\($0)", $1) }
        for (pointer, part) in parts {
            for (key, value) in part.values {
                var settings = Settings()
                guard settings.apply(key, value) else { continue }
                for notice in settings.notices {
                    guard let known = published[notice.version], known != notice else { continue }
                    failures.append(
                        ValidationFailure(
                            "notice_published", at: "\(pointer)/\(key)", "隐私说明 \(notice.version) 已经发布，内容不能再改，请换一个版本号",
                            english: "Notice \(notice.version) is published and never changes; give it another version."
                        ))
                }
                guard key == "benefits" else { continue }
                for benefit in settings.benefits {
                    guard case .file(let sha256) = benefit.content, try await !tx.hasBenefitFile(sha256) else {
                        continue
                    }
                    failures.append(
                        ValidationFailure(
                            "benefit_file_unknown", at: "\(pointer)/\(key)",
                            "福利“\(benefit.title)”的文件不在这里，请用 huifang benefit add 加入",
                            english: "A file of these is not stored here; 'huifang benefit add' stores it."))
                }
            }
        }
        guard failures.isEmpty else { throw Problem(failures: failures) }
    }
}

extension SettingRow {
    /// Whether it takes effect at an instant, to the second, as files name them.
    fileprivate func isOf(_ instant: Date) -> Bool { RFC3339.text(self.effectiveAt) == RFC3339.text(instant) }
}
