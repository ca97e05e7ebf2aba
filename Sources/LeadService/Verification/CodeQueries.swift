import Foundation
import Leads
import NIOCore
import Postgres

private struct ReservationRow: TableRow {
    static let columns = """
        (SELECT count(*) FROM locked), EXISTS (SELECT FROM blocked), EXISTS (SELECT FROM reserved),
        ARRAY(SELECT bucket FROM counted), ARRAY(SELECT id FROM live), ARRAY(SELECT code_mac FROM live)
        """
    let locks: Int
    let isBlocked: Bool
    let isReserved: Bool
    let counted: [ByteBuffer]
    let ids: [UUID]
    let macs: [ByteBuffer]

    init(row: PostgresRow) throws {
        (self.locks, self.isBlocked, self.isReserved, self.counted, self.ids, self.macs) =
            try row.decode((Int, Bool, Bool, [ByteBuffer], [UUID], [ByteBuffer]).self)
    }
}

extension ByteBuffer {
    /// The readable bytes.
    var bytes: [UInt8] { Array(self.readableBytesView) }
}

extension Transaction {
    /// Locks the keys and reserves one try and one use of each wrong-code budget, in one statement of its own: what is
    /// reserved stays reserved when the rest fails.
    ///
    /// A used-up budget reserves nothing, and without a reserved try nothing is taken of what everybody shares. The budgets come
    /// last, so that their rows, which many share, are held for the commit only.
    func reserveTry(_ attempt: CodeAttempt) async throws -> CodeReservation {
        let phone = ByteBuffer(bytes: attempt.phoneIndex)
        let now = attempt.at
        let row = try await self.first(
            """
            WITH expired AS (
                UPDATE submit_keys SET idempotency_key = NULL
                WHERE phone_index = \(phone) AND idempotency_key = \(attempt.idempotencyKey)
                  AND created_at <= \(now.addingTimeInterval(-86400))
            ), blocked AS (
                SELECT 1 FROM unnest(\(attempt.wrongBuckets.map { ByteBuffer(bytes: $0.key) })::bytea[],
                                     \(attempt.wrongBuckets.map(\.start))::timestamptz[]) AS t (k, w)
                JOIN budgets b ON b.bucket = t.k AND b.window_start = t.w
                WHERE b.used >= b.ceiling LIMIT 1
            ), locked AS (
                INSERT INTO submit_locks AS l (key, holder, until)
                SELECT k, \(attempt.holder), \(attempt.lockedUntil) FROM unnest(\(attempt.locks.map { ByteBuffer(bytes: $0) })::bytea[]) k
                WHERE NOT EXISTS (SELECT FROM blocked)
                ORDER BY k
                ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until
                WHERE l.until <= \(now) OR l.holder = excluded.holder
                RETURNING 1
            ), reserved AS (
                UPDATE verification_counters c SET tries = c.tries + 1
                WHERE c.phone_index = \(phone) AND c.purpose = \(attempt.purpose.rawValue) AND c.tries < 5
                  AND NOT EXISTS (SELECT FROM blocked)
                  AND (SELECT count(*) FROM locked) = \(attempt.locks.count)
                  AND EXISTS (SELECT FROM verification_challenges v
                              WHERE v.id = \(attempt.challenge) AND v.phone_index = c.phone_index AND v.purpose = c.purpose
                                AND v.consumed_at IS NULL AND v.expires_at > \(now)
                                AND (c.dead_through IS NULL OR v.issued_at > c.dead_through))
                RETURNING c.dead_through
            ), counted AS (
                INSERT INTO budgets AS b (bucket, window_start, used, ceiling)
                SELECT k, w, 1, c
                FROM unnest(\(attempt.wrongBuckets.map { ByteBuffer(bytes: $0.key) })::bytea[],
                            \(attempt.wrongBuckets.map(\.start))::timestamptz[],
                            \(attempt.wrongBuckets.map(\.ceiling))::bigint[],
                            \(attempt.wrongBuckets.map { $0.isShared ? 1 : 0 })::bigint[]) AS t (k, w, c, tries)
                WHERE NOT EXISTS (SELECT FROM blocked) AND (SELECT count(*) FROM locked) = \(attempt.locks.count)
                  AND (SELECT count(*) FROM reserved) >= tries
                ORDER BY k
                ON CONFLICT (bucket, window_start) DO UPDATE SET used = b.used + 1, ceiling = excluded.ceiling
                WHERE b.used < excluded.ceiling
                RETURNING bucket
            ), live AS (
                SELECT v.id, v.code_mac FROM verification_challenges v, reserved r
                WHERE v.phone_index = \(phone) AND v.purpose = \(attempt.purpose.rawValue) AND v.consumed_at IS NULL AND v.expires_at > \(now)
                  AND (r.dead_through IS NULL OR v.issued_at > r.dead_through)
                ORDER BY v.issued_at DESC LIMIT 10
            )
            SELECT \(columnsOf: ReservationRow.self)
            """, as: ReservationRow.self)
        guard let row else { throw MissingRow() }
        let holdsLocks = row.locks == attempt.locks.count
        let counted = Set(row.counted.map(\.bytes))
        let due = attempt.wrongBuckets.filter { row.isReserved || !$0.isShared }
        return CodeReservation(
            holdsLocks: holdsLocks,
            isBlocked: row.isBlocked || (holdsLocks && counted.count < due.count),
            isReserved: row.isReserved, counted: attempt.wrongBuckets.filter { counted.contains($0.key) },
            live: zip(row.ids, row.macs).map { (challenge: $0, mac: $1.bytes) })
    }

    /// Counts a wrong code against its number and unlocks the keys; what was reserved stays used.
    func recordWrongCode(_ attempt: CodeAttempt, counted: Bool) async throws {
        let dayAgo = attempt.at.addingTimeInterval(-86400)
        try await self.execute(
            """
            WITH unlocked AS (
                DELETE FROM submit_locks WHERE key = ANY (\(attempt.locks.map { ByteBuffer(bytes: $0) })::bytea[])
                  AND holder = \(attempt.holder)
            )
            INSERT INTO phone_budgets AS p (phone_index, wrongs, seen_at)
            SELECT \(ByteBuffer(bytes: attempt.phoneIndex)), ARRAY[\(attempt.at)::timestamptz], \(attempt.at) WHERE \(counted)
            ON CONFLICT (phone_index) DO UPDATE
            SET wrongs = array_append(ARRAY(SELECT w FROM unnest(p.wrongs) w WHERE w > \(dayAgo)), \(attempt.at)::timestamptz),
                seen_at = \(attempt.at)
            """)
    }

    /// Gives back what was reserved when the code was right, or turned out not to be needed, and unlocks the keys.
    func giveBack(_ reservation: CodeReservation, of attempt: CodeAttempt) async throws {
        try await self.execute(
            """
            WITH unlocked AS (
                DELETE FROM submit_locks WHERE key = ANY (\(attempt.locks.map { ByteBuffer(bytes: $0) })::bytea[])
                  AND holder = \(attempt.holder)
            ), counter AS (
                UPDATE verification_counters SET tries = tries - 1
                WHERE phone_index = \(ByteBuffer(bytes: attempt.phoneIndex)) AND purpose = \(attempt.purpose.rawValue) AND tries > 0
                  AND \(reservation.isReserved)
                RETURNING 1
            ), \(givingBack: reservation.counted, when: "true")
            SELECT 1
            """)
    }

    /// Uses a code up and forgives the tries before it, unless somebody else has used it meanwhile.
    func consume(_ challenge: UUID, _ attempt: CodeAttempt) async throws -> Bool {
        try await self.execute(
            """
            WITH consumed AS (
                UPDATE verification_challenges SET consumed_at = \(attempt.at)
                WHERE id = \(challenge) AND consumed_at IS NULL AND expires_at > \(attempt.at)
                RETURNING id
            ), counter AS (
                UPDATE verification_counters SET tries = 0
                WHERE phone_index = \(ByteBuffer(bytes: attempt.phoneIndex)) AND purpose = \(attempt.purpose.rawValue)
                  AND EXISTS (SELECT FROM consumed)
            )
            SELECT 1 FROM consumed
            """)
    }
}
