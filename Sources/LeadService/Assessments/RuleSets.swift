import Crypto
import Foundation
import Leads

/// The sets of points rules as the office sees them: which count when, and a new one after seeing what it changes.
struct RuleSets: Sendable {
    /// What somebody wants to add.
    enum Draft: Sendable {
        /// A whole rule file.
        case file(String)
        /// The set in force with another average wage, from a July on.
        case wage(month: String, average: Int, effectiveFrom: ShanghaiDate)
    }

    /// What adding a set would do.
    struct Plan: Sendable {
        var rules: PointsRules
        var text: String
        /// The set that counts on the day before; nil for a first one.
        var base: StoredRuleSet?
        /// The next set after this one, which ends it.
        var next: StoredRuleSet?
        var changes: [RuleChange]
        /// What it was made of: the stored sets and what was handed in.
        var fingerprint: String

        var json: JSONOutput {
            .object([
                "version": .string(self.rules.version), "effective_from": .string(self.rules.effectiveFrom),
                "effective_to": .optional(self.rules.effectiveTo), "replaces": .optional(self.base?.version),
                "followed_by": .optional(self.next?.version),
                "changes": .array(self.changes.map(\.json)), "fingerprint": .string(self.fingerprint),
            ])
        }
    }

    private let database: Database
    private let now: @Sendable () -> Date
    private let adding: RulesImport

    init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.now = dependencies.now
        self.adding = RulesImport(database: database, dependencies: dependencies)
    }

    /// Every set, the newest first.
    func list() async throws -> JSONOutput {
        let sets = try await self.database.autocommit { try await $0.ruleSets() }
        let today = ShanghaiDate(self.now()).description
        let inForce = Self.inForce(on: today, of: sets)?.version
        return .object([
            "items": .array(
                sets.map { set in
                    .object([
                        "version": .string(set.version), "effective_from": .string(set.effectiveFrom),
                        "effective_to": .optional(set.effectiveTo), "sha256": .string(Hex.text(set.sha256)),
                        "state": .string(
                            set.version == inForce ? "in_force" : set.effectiveFrom > today ? "coming" : "over"),
                        "source": .string(set.rules?.source ?? ""),
                        "wages": .array(
                            (set.rules?.wages ?? []).map {
                                .object(["from": .string($0.from), "average": .integer($0.average)])
                            }),
                    ])
                }), "next_cursor": .null,
        ])
    }

    /// What adding a set would do now.
    func plan(_ draft: Draft) async throws -> Plan {
        try await self.database.autocommit { tx in try self.plan(draft, among: try await tx.ruleSets()) }
    }

    /// Adds what was looked at.
    ///
    /// - Throws: 412 `rules_changed` when it would not do what was looked at; `RulesImport.Refusal`.
    func add(_ draft: Draft, looked fingerprint: String, by actor: AuditActor) async throws -> Plan {
        try await self.database.transaction { tx in
            try await tx.lockRuleSets()
            let plan = try self.plan(draft, among: try await tx.ruleSets())
            guard plan.fingerprint == fingerprint else {
                throw Problem(
                    .preconditionFailed, "rules_changed", "规则或提交的内容与预览时不同，没有加入。请重新预览，核对后再加入",
                    english: "The sets, or what was sent, are not what the preview was of; nothing was added.")
            }
            _ = try await self.adding.add(
                plan.rules, file: Data(plan.text.utf8), by: actor,
                more: ["replaces": .optional(plan.base?.version), "changes": .array(plan.changes.map(\.json))], tx)
            return plan
        }
    }

    private func plan(_ draft: Draft, among sets: [StoredRuleSet]) throws -> Plan {
        let text: String
        switch draft {
        case .file(let file): text = file
        case .wage(let month, let average, let day):
            text = try Self.withWage(average, since: month, effectiveFrom: day, among: sets)
        }
        let (rules, json) = try Self.read(text)
        try self.check(rules, among: sets)
        let day = (try? ShanghaiDate(parsing: rules.effectiveFrom))?.adding(-1).description ?? ""
        let base = Self.inForce(on: day, of: sets)
        let old = try base.map { try StrictJSON.read(Array($0.text.utf8)) } ?? .object([:])
        let known = sets.map { "\($0.version) \(Hex.text($0.sha256))" }.joined(separator: "\n")
        return Plan(
            rules: rules, text: text, base: base,
            next: sets.filter { $0.effectiveFrom > rules.effectiveFrom }.min { $0.effectiveFrom < $1.effectiveFrom },
            changes: RuleChange.between(old, json),
            fingerprint: Hex.text(SHA256.hash(data: Data((known + "\n\n" + text).utf8))))
    }

    /// Refuses a set whose name or day is taken, or whose day has come: what was scored stays as it was told.
    private func check(_ rules: PointsRules, among sets: [StoredRuleSet]) throws {
        if sets.contains(where: { $0.version == rules.version }) {
            throw ValidationFailure(
                "rules_version_taken", "已经有名为 \(rules.version) 的规则，加入后不能改，请换一个 version",
                english: "A set of this name is stored, and never changes; give this one a name of its own.")
        }
        guard rules.effectiveFrom > ShanghaiDate(self.now()).description else {
            throw ValidationFailure(
                "rules_not_ahead", "生效日期要在今天之后，今天已经告诉访客的分数不会变", english: "The day has to lie ahead.")
        }
        if let other = sets.first(where: { $0.effectiveFrom == rules.effectiveFrom }) {
            throw ValidationFailure(
                "rules_day_taken", "\(rules.effectiveFrom) 已由 \(other.version) 生效，请换一天",
                english: "\(other.version) takes effect on that day.")
        }
    }

    /// The set that counts on a day.
    private static func inForce(on day: String, of sets: [StoredRuleSet]) -> StoredRuleSet? {
        sets.filter { $0.effectiveFrom <= day && ($0.effectiveTo.map { day <= $0 } ?? true) }
            .max { $0.effectiveFrom < $1.effectiveFrom }
    }

    private static func read(_ text: String) throws -> (PointsRules, JSONValue) {
        guard let json = try? StrictJSON.read(Array(text.utf8)) else {
            throw ValidationFailure(
                "rules_invalid", "内容不是完整的 JSON，请选择整个规则文件", english: "This is no well-formed JSON.")
        }
        guard json["effective_from"] != nil else {
            throw ValidationFailure(
                "rules_invalid", "规则文件没有写生效日期（effective_from），请写明从哪一天起", english: "effective_from is missing.")
        }
        do throws(ValidationFailure) {
            return (try PointsRules.read(Data(text.utf8), as: json), json)
        } catch {
            throw ValidationFailure(
                "rules_invalid",
                "规则文件的 \(error.pointer.isEmpty ? "/" : error.pointer) 不合要求，应为：\(error.detailInEnglish)",
                english: "\(error.pointer): \(error.detailInEnglish)")
        }
    }

    /// The set in force on the day before, with one more average wage.
    private static func withWage(
        _ average: Int, since month: String, effectiveFrom day: ShanghaiDate, among sets: [StoredRuleSet]
    ) throws -> String {
        guard let base = Self.inForce(on: day.adding(-1).description, of: sets),
            case .object(var members) = try StrictJSON.read(Array(base.text.utf8)),
            case .array(var wages)? = members["wages"]
        else {
            throw ValidationFailure("rules_invalid", "这一天之前没有规则，请先用文件加入一套", english: "No set counts before.")
        }
        let wage = JSONValue.object(["from": .string(month), "average": .number(Decimal(average))])
        // The same July once more puts the figure right.
        wages.removeAll { $0["from"] == .string(month) }
        wages.append(wage)
        wages.sort { ($0["from"]?.asText ?? "") < ($1["from"]?.asText ?? "") }
        members["wages"] = .array(wages)
        members["version"] = .string(Self.name(for: month, after: base.version, among: sets))
        members["effective_from"] = .string(day.description)
        return JSONOutput(.object(members)).text
    }

    /// `cn-sh-points-2022.wage-2027-07`, with a number behind it where that is taken.
    private static func name(for month: String, after version: String, among sets: [StoredRuleSet]) -> String {
        let stem = version.replacing(/\.wage-[0-9.-]+$/, with: "") + ".wage-" + month
        let taken = Set(sets.map(\.version))
        return taken.contains(stem) ? (2...).lazy.map { "\(stem).\($0)" }.first { !taken.contains($0) } ?? stem : stem
    }
}

extension JSONValue {
    fileprivate subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }
}
