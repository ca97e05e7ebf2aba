import Foundation
import NIOCore
import Postgres

extension PostgresQuery.StringInterpolation {
    /// Whether a message that is no code is admitted; being asked counts it.
    mutating func appendInterpolation(admitting notice: NoticeDraft, at now: Date) {
        self.appendLiteral("admit_notice(")
        self.appendInterpolation(now)
        self.appendLiteral(", ")
        self.appendInterpolation(notice.windows.map { ByteBuffer(bytes: $0.key) })
        self.appendLiteral("::bytea[], ")
        self.appendInterpolation(notice.windows.map(\.start))
        self.appendLiteral("::timestamptz[], ")
        self.appendInterpolation(notice.windows.map(\.limit))
        self.appendLiteral("::bigint[], ")
        self.appendInterpolation(notice.windows.map(\.ceiling))
        self.appendLiteral("::bigint[], ")
        self.appendInterpolation(notice.windows.map(\.kind.slots))
        self.appendLiteral("::bigint[], ")
        self.appendInterpolation(notice.seed)
        self.appendLiteral(")")
    }

    /// Common table expressions that confirm the `inquiry` beside them, unless its number wants no messages; none without one.
    mutating func appendInterpolation(confirmation: NoticeDraft?, to phone: ByteBuffer, at now: Date) {
        guard let confirmation else { return }
        self.appendLiteral("), admitted AS MATERIALIZED (SELECT ")
        self.appendInterpolation(admitting: confirmation, at: now)
        self.appendLiteral(
            " AS yes FROM inquiry WHERE NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = ")
        self.appendInterpolation(phone)
        self.appendLiteral(
            """
            )), confirmed AS (
                INSERT INTO messages (id, template, inquiry_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at,
                                      expires_at)
                SELECT
            """)
        self.appendLiteral(" ")
        self.appendInterpolation(confirmation.message)
        self.appendLiteral("::uuid, 'inquiry_confirmation', i.id, ")
        self.appendInterpolation(phone)
        self.appendLiteral("::bytea, ")
        self.appendInterpolation(ByteBuffer(bytes: confirmation.phoneSealed))
        self.appendLiteral("::bytea, ")
        self.appendInterpolation(ByteBuffer(bytes: confirmation.parametersSealed))
        self.appendLiteral("::bytea, 'queued', ")
        self.appendInterpolation(now)
        self.appendLiteral("::timestamptz, ")
        self.appendInterpolation(now)
        self.appendLiteral("::timestamptz, least(i.due_at, ")
        self.appendInterpolation(now.addingTimeInterval(3600))
        self.appendLiteral("::timestamptz) FROM inquiry i, admitted a WHERE a.yes")
    }
}
