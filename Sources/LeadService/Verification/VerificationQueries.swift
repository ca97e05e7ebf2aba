import Foundation
import Leads
import NIOCore
import Postgres

/// When codes were sent to a number, and wrong ones given for it, within a day.
struct PhoneBudget: TableRow {
    static let columns = "sends, wrongs"
    let sends: [Date]
    let wrongs: [Date]

    init(row: PostgresRow) throws {
        (self.sends, self.wrongs) = try row.decode(([Date], [Date]).self)
    }
}

extension WithheldCode: TableRow {
    static let columns = "w.challenge_id, w.code_sealed, w.expires_at"

    init(row: PostgresRow) throws {
        let (challenge, sealed, expires) = try row.decode((UUID, ByteBuffer, Date).self)
        self.init(challenge: challenge, codeSealed: sealed.bytes, expiresAt: expires)
    }
}

extension Transaction {
    /// Issues a code in one statement: takes the proof, admits the send to the number's budget and every window, and only
    /// then writes the challenge, its counter and the message.
    ///
    /// A proof is spent even when the budgets refuse; budgets that refuse count nothing.
    func issueCode(_ request: SendRequest, at now: Date) async throws -> Admission {
        let draft = request.draft
        let windows = request.windows
        let expires = now.addingTimeInterval(PhoneVerification.lifetime)
        let phone = ByteBuffer(bytes: draft.phoneIndex)
        let rows = try await self.rows(
            """
            WITH proof AS (
                INSERT INTO used_proofs (key, expires_at)
                SELECT \(request.proof.map { ByteBuffer(bytes: $0.key) }), \(request.proof?.expiresAt)
                WHERE \(request.proof != nil)
                ON CONFLICT DO NOTHING RETURNING 1
            ), admitted AS MATERIALIZED (
                SELECT admit_send(
                    \(phone), \(now), \(now.addingTimeInterval(-draft.cooldown)), \(draft.hourly), \(draft.daily),
                    \(draft.wrongHourly), \(draft.wrongDaily), \(request.isProven),
                    \(windows.map { ByteBuffer(bytes: $0.key) })::bytea[], \(windows.map(\.start))::timestamptz[],
                    \(windows.map(\.limit))::bigint[], \(windows.map(\.ceiling))::bigint[], \(windows.map(\.kind.slots))::bigint[],
                    \(draft.seed)) AS refusal
                WHERE NOT \(request.proof != nil) OR EXISTS (SELECT FROM proof)
            ), counter AS (
                INSERT INTO verification_counters AS c (phone_index, purpose, tries, live_until)
                SELECT \(phone), \(draft.purpose.rawValue), 0, \(expires) FROM admitted WHERE refusal = 0
                ON CONFLICT (phone_index, purpose) DO UPDATE
                SET tries = CASE WHEN c.live_until > \(now) AND c.tries < 5 THEN c.tries ELSE 0 END,
                    dead_through = CASE WHEN c.tries >= 5 THEN \(now)::timestamptz - interval '1 microsecond' ELSE c.dead_through END,
                    live_until = excluded.live_until
                RETURNING 1
            ), challenge AS (
                INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at, source, withheld, network)
                SELECT \(draft.challenge), \(phone), \(draft.purpose.rawValue), \(ByteBuffer(bytes: draft.mac)), \(now), \(expires),
                       \(draft.source), \(draft.withholding != nil), \(draft.network.map { ByteBuffer(bytes: $0) })
                FROM counter
                RETURNING id
            ), withheld AS (
                INSERT INTO withheld_codes (challenge_id, phone_sealed, code_sealed, issued_at, expires_at)
                SELECT id, \(ByteBuffer(bytes: draft.phoneSealed)), \(ByteBuffer(bytes: draft.parametersSealed)), \(now), \(expires)
                FROM challenge WHERE \(draft.withholding == .testNumber)
            ), message AS (
                INSERT INTO messages (id, template, challenge_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at,
                                      expires_at)
                SELECT \(draft.message), \(draft.template), id, \(phone), \(ByteBuffer(bytes: draft.phoneSealed)),
                       \(ByteBuffer(bytes: draft.parametersSealed)), 'queued', \(now), \(now), \(expires)
                FROM challenge WHERE \(draft.withholding == nil)
            )
            SELECT refusal FROM (SELECT 1) one LEFT JOIN admitted ON true
            """)
        guard let row = rows.first else { throw MissingRow() }
        let refusal = try row.decode(Int?.self)
        guard let refusal else { return .proofUsed }
        switch refusal {
        case 0: return .admitted
        case -1: return .numberUsedUp
        case -2: return .stopped
        case -3: return .needsProof
        default: return .full(refusal - 1)
        }
    }

    /// How many sends each of the windows has counted.
    func usage(of windows: [SendWindow]) async throws -> [Int] {
        try await self.rows(Self.counting(windows)).map { try $0.decode(Int.self) }
    }

    /// How full the windows are, and the breaker, in one round trip.
    func sendState(of windows: [SendWindow]) async throws -> SendState {
        let answers = try await self.pipeline([
            Self.counting(windows), "SELECT raised_until, stopped_until FROM send_breaker",
        ])
        return SendState(
            windows: windows, used: try answers[0].map { try $0.decode(Int.self) },
            breaker: try answers[1].first.map { row in
                let (raised, stopped) = try row.decode((Date, Date?).self)
                return SendBreaker(raisedUntil: raised, stoppedUntil: stopped)
            })
    }

    private static func counting(_ windows: [SendWindow]) -> PostgresQuery {
        """
        SELECT coalesce(sum(b.used), 0)::bigint
        FROM unnest(\(windows.map { ByteBuffer(bytes: $0.key) })::bytea[], \(windows.map(\.start))::timestamptz[])
            WITH ORDINALITY AS t (k, w, n)
        LEFT JOIN send_budgets b ON b.bucket = t.k AND b.window_start = t.w
        GROUP BY t.n ORDER BY t.n
        """
    }

    /// The newest code of a test number that can still be used.
    func withheldCode(of phone: [UInt8], at now: Date) async throws -> WithheldCode? {
        try await self.first(
            """
            SELECT \(columnsOf: WithheldCode.self) FROM withheld_codes w JOIN verification_challenges v ON v.id = w.challenge_id
            WHERE v.phone_index = \(ByteBuffer(bytes: phone)) AND v.consumed_at IS NULL AND v.expires_at > \(now)
            ORDER BY v.issued_at DESC LIMIT 1
            """)
    }

    /// The newest live challenge of a number that a network asked for.
    func liveChallenge(
        of phone: [UInt8], for purpose: VerificationPurpose, network: [UInt8], at now: Date
    ) async throws -> UUID? {
        try await self.rows(
            """
            SELECT v.id FROM verification_challenges v JOIN verification_counters c USING (phone_index, purpose)
            WHERE v.phone_index = \(ByteBuffer(bytes: phone)) AND v.purpose = \(purpose.rawValue) AND v.consumed_at IS NULL
              AND v.expires_at > \(now) AND v.network = \(ByteBuffer(bytes: network))
              AND (c.dead_through IS NULL OR v.issued_at > c.dead_through)
            ORDER BY v.issued_at DESC LIMIT 1
            """
        ).first?.decode(UUID.self)
    }

    func phoneBudget(_ index: [UInt8]) async throws -> PhoneBudget? {
        try await self.first(
            "SELECT \(columnsOf: PhoneBudget.self) FROM phone_budgets WHERE phone_index = \(ByteBuffer(bytes: index))")
    }

    /// Those of the buckets that are used up.
    func fullBuckets(_ buckets: [BudgetBucket]) async throws -> [BudgetBucket] {
        let rows = try await self.rows(
            """
            SELECT t.n FROM unnest(\(buckets.map { ByteBuffer(bytes: $0.key) })::bytea[], \(buckets.map(\.start))::timestamptz[])
                WITH ORDINALITY AS t (k, w, n)
            JOIN budgets b ON b.bucket = t.k AND b.window_start = t.w
            WHERE b.used >= b.ceiling
            """)
        return try rows.map { buckets[try $0.decode(Int.self) - 1] }
    }

}

extension PostgresQuery.StringInterpolation {
    /// Common table expressions that take one use back from each bucket, locked in the order of their keys and after what
    /// the expression `counter` locks.
    ///
    /// Reserving a try locks the number's counter before the buckets that many numbers share; whoever took them the other
    /// way round would meet it in a deadlock. What is left is read from the row as it is under the lock: others give back
    /// at the same instant.
    mutating func appendInterpolation(givingBack buckets: [BudgetBucket], when condition: String) {
        self.appendLiteral(
            "held AS (SELECT b.bucket, b.window_start FROM budgets b WHERE (b.bucket, b.window_start) IN (SELECT * FROM unnest("
        )
        self.appendInterpolation(buckets.map { ByteBuffer(bytes: $0.key) })
        self.appendLiteral("::bytea[], ")
        self.appendInterpolation(buckets.map(\.start))
        self.appendLiteral(
            """
            ::timestamptz[])) AND (SELECT count(*) FROM counter) >= 0 AND \(condition) ORDER BY b.bucket FOR UPDATE
            ), lowered AS (
                UPDATE budgets b SET used = b.used - 1 FROM held h
                WHERE b.bucket = h.bucket AND b.window_start = h.window_start AND b.used > 0
            )
            """)
    }
}
