import Foundation
import Leads
import ServiceLifecycle
import Synchronization

/// The texts visitors agree to, by version, kept in memory; a consent names the version it was given under.
package final class PrivacyNoticeStore: Service, Sendable {
    private let database: Database
    private let now: @Sendable () -> Date
    private let notices: Mutex<[PrivacyNotice]>

    /// - Parameter shipped: the notice to go by until the database was read.
    init(database: Database, now: @escaping @Sendable () -> Date, shipped: PrivacyNotice) {
        self.database = database
        self.now = now
        self.notices = Mutex([shipped])
    }

    /// The notice in force today.
    package var current: PrivacyNotice? {
        let today = ShanghaiDate(self.now()).description
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

    /// Reads the table.
    package func reload() async throws {
        let notices = try await self.database.autocommit { try await $0.privacyNotices() }
        if !notices.isEmpty { self.notices.withLock { $0 = notices } }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(60)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}

/// One version of the notice.
package struct PrivacyNotice: Sendable, Equatable {
    package var version: String
    package var effectiveOn: String
    package var sha256: [UInt8]
    package var text: String
}
