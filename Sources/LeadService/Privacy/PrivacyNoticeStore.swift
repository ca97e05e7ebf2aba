import Crypto
import Foundation
import Leads
import ServiceLifecycle
import Synchronization

/// The texts visitors agree to, by version, kept in memory; a consent names the version it was given under.
package final class PrivacyNoticeStore: Service, Sendable {
    private let database: Database
    private let now: @Sendable () -> Date
    private let settings: SettingsStore
    private let notices: Mutex<[PrivacyNotice]>

    /// - Parameter shipped: the notices to go by until the database was read.
    init(database: Database, now: @escaping @Sendable () -> Date, settings: SettingsStore, shipped: [PrivacyNotice]) {
        self.database = database
        self.now = now
        self.settings = settings
        self.notices = Mutex(shipped)
    }

    /// The notice in force today.
    package var current: PrivacyNotice? { self.notice(at: self.now()) }

    /// The notice in force at an instant.
    func notice(at instant: Date) -> PrivacyNotice? {
        let today = ShanghaiDate(instant).description
        return self.notices.withLock { notices in
            notices.filter { $0.effectiveOn <= today }.max {
                ($0.effectiveOn, $0.version) < ($1.effectiveOn, $1.version)
            }
        }
    }

    /// A notice by its version.
    package func notice(_ version: String) -> PrivacyNotice? {
        self.notices.withLock { notices in notices.first { $0.version == version } }
    }

    /// The notice in force, if it is the version that was agreed to.
    ///
    /// - Throws: 422 `consent_outdated`.
    func agreed(to version: String) throws -> PrivacyNotice {
        guard let current = self.current, current.version == version else {
            throw Problem(failures: [
                ValidationFailure(
                    "consent_outdated", at: "/consent/notice_version", "隐私说明已更新，请阅读新版后再次勾选",
                    english: "The privacy notice has changed; read the new version and agree again.")
            ])
        }
        return current
    }

    /// Takes new versions over from the settings and reads the table; a version that is there keeps its text for good,
    /// because consents were given to it.
    package func reload() async throws {
        let known = self.notices.withLock { Set($0.map(\.version)) }
        let fresh = self.settings.current.notices.filter { !known.contains($0.version) }
        let notices = try await self.database.autocommit { session in
            for notice in fresh { try await session.insertPrivacyNotice(notice) }
            return try await session.privacyNotices()
        }
        if !notices.isEmpty { self.notices.withLock { $0 = notices } }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(60)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}

/// One version of the notice: Markdown.
package struct PrivacyNotice: Sendable, Equatable {
    package var version: String
    package var effectiveOn: String
    package var sha256: [UInt8]
    package var text: String

    package init(version: String, effectiveOn: String, sha256: [UInt8], text: String) {
        self.version = version
        self.effectiveOn = effectiveOn
        self.sha256 = sha256
        self.text = text
    }

    package init(version: String, effectiveOn: String, text: String) {
        self.init(
            version: version, effectiveOn: effectiveOn, sha256: Array(SHA256.hash(data: Data(text.utf8))), text: text)
    }

    /// Reads one entry of the setting `privacy_notices`.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value, members.count == 3, case .string(let version)? = members["version"],
            version.wholeMatch(of: /[0-9A-Za-z.-]{1,32}/) != nil, case .string(let day)? = members["effective_on"],
            let effectiveOn = try? ShanghaiDate(parsing: day), case .string(let text)? = members["text"],
            (1...100_000).contains(text.count)
        else { return nil }
        self.init(version: version, effectiveOn: effectiveOn.description, text: text)
    }
}
