import Foundation
import Leads

/// A term that somebody changes, and what they saw it to be.
struct TermChange: Sendable, Equatable {
    var from: Int
    var to: Int
}

/// Terms as administrators change them: what would go under others is counted first, then all of them change or none.
struct RetentionEdit: Sendable {
    let database: Database
    let dependencies: Dependencies
    let settings: SettingsStore
    /// Terms are settings, and change as those do.
    let changes: SettingsImport

    /// What is due, with the lengths that were set for later, and when a round was last made.
    func list(_ due: [Retention.Due]) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let (rows, ranAt) = try await self.database.autocommit { session in
            (try await session.settingRows(), try await session.lastRound(of: JobName.housekeeping.rawValue))
        }
        let items = due.map { due -> JSONOutput in
            let next = rows.first {
                $0.key == due.term.setting && $0.effectiveAt > now && Settings.takes($0.value, for: $0.key)
            }
            let coming: [String: JSONOutput] = [
                "next": next.map { row in
                    let length = Settings(rows: [row]).retention.length(of: due.term)
                    return .object([
                        "length": .integer(length), "effective_at": .string(RFC3339.text(row.effectiveAt)),
                    ])
                } ?? .null
            ]
            return .object(due.members.merging(coming) { first, _ in first })
        }
        return .object([
            "items": .array(items), "next_cursor": .null, "ran_at": .optional(ranAt.map { RFC3339.text($0) }),
        ])
    }

    /// The terms in force with these changes.
    ///
    /// - Throws: as `apply`.
    func proposed(_ changes: [RetentionTerm: TermChange]) async throws -> RetentionTerms {
        let now = self.dependencies.now()
        let stored = Settings(
            rows: try await self.database.autocommit { try await $0.settingRows() }.filter { $0.effectiveAt <= now })
        try self.check(changes, against: stored.retention)
        return self.settings.current.retention.with(changes.mapValues(\.to))
    }

    /// Changes terms from now on, each with an event that has before and after.
    ///
    /// - Throws: 412 `retention_changed` for a term that is no longer what was seen.
    func apply(_ changes: [RetentionTerm: TermChange], by actor: AuditActor) async throws {
        _ = try await self.proposed(changes)
        func values(_ length: (TermChange) -> Int) -> [String: JSONValue] {
            Dictionary(
                uniqueKeysWithValues: changes.map { ($0.key.setting, JSONValue.number(Decimal(length($0.value)))) })
        }
        _ = try await self.changes.load(.object(values(\.to)), applies: true, from: values(\.from), by: actor)
        try await self.settings.reload()
    }

    private func check(_ changes: [RetentionTerm: TermChange], against stored: RetentionTerms) throws {
        let changed = RetentionTerm.allCases.filter { changes[$0] != nil }
        let failures = changed.compactMap { term -> ValidationFailure? in
            let length = stored.length(of: term)
            guard let seen = changes[term]?.from, seen != length else { return nil }
            return ValidationFailure(
                "retention_changed", at: "/terms/\(term.rawValue)/from",
                "“\(term.title)”已被改为 \(term.unit.words(length))，您看到的是 \(term.unit.words(seen))。请核对后再改",
                english: "\(term.setting) is \(length) now; you saw \(seen). Look again, then change it.")
        }
        guard let first = failures.first else { return }
        throw Problem(
            .preconditionFailed, first.code, first.detail, english: first.detailInEnglish, failures: failures)
    }
}

extension FieldReader {
    /// `terms`: an object with a `TermChange` for each term that changes, at least one.
    mutating func termChanges() throws -> [RetentionTerm: TermChange] {
        var changes: [RetentionTerm: TermChange] = [:]
        let isGiven: Bool? = try self.object("terms", required: true) { terms in
            for term in RetentionTerm.allCases {
                changes[term] = try terms.object(term.rawValue) { change in
                    if !change.has("from") { change.missing("from") }
                    if !change.has("to") { change.missing("to") }
                    let from = change.optionalInteger("from", 1...1000)
                    let to = change.optionalInteger("to", term.allowed)
                    guard let from, let to else { return nil }
                    return TermChange(from: from, to: to)
                }
            }
            return true
        }
        if isGiven == true, changes.isEmpty, self.failures.isEmpty { self.missing("terms") }
        return changes
    }
}
