import Foundation
import Leads
import Postgres

extension CallbackClaim: TableRow {
    static let columns = """
        c.claim_number, c.adviser_id, c.kind, coalesce(c.began_at, c.claimed_at), \(Self.lookedAt), c.ended_at, c.end_reason, c.phone_lead_id
        """

    /// When the number was shown first under the claim `c`, or dialled by the telephone system (contract §4.9).
    static let lookedAt = "least(c.revealed_at, (SELECT min(d.dialled_at) FROM \(Self.calls(of: "c"))))"

    /// The telephone system's calls `d` under a claim, and under those before it whose results were undone: the call goes on.
    static func calls(of claim: String) -> String {
        """
        callback_claims e JOIN calls d ON d.task_id = e.task_id AND d.claim_number = e.claim_number
        WHERE e.task_id = \(claim).task_id AND e.adviser_id = \(claim).adviser_id
          AND (e.claim_number = \(claim).claim_number
               OR e.claim_number < \(claim).claim_number AND e.claimed_at >= \(claim).began_at)
        """
    }

    init(row: PostgresRow) throws {
        let (number, adviser, kind, began, revealed, ended, reason, phoneLead) =
            try row.decode((Int32, UUID, String, Date, Date?, Date?, String?, UUID?).self)
        self.init(
            number: Int(number), adviserID: adviser, kind: kind, beganAt: began, revealedAt: revealed,
            endedAt: ended, endReason: reason, phoneLeadID: phoneLead)
    }
}

/// What the moment allows: which windows are open, who has been late, what is due today.
struct QueueMoment: Sendable {
    var adviser: UUID
    var now: Date
    /// The windows open now; nil lifts them.
    var openWindows: [String]?
    var endOfToday: Date
    var freshSince: Date
    /// An owner whose time came before this loses the task to anybody.
    var late: Date
    /// Tasks that cannot be served, whatever the tables say.
    var passedOver: [UUID] = []
    /// Skills that this adviser lacks and somebody else on shift today has: what asks for them is left to those.
    var barred: [String] = []
    /// The adviser took as many calls from the pool as a day allows.
    var isFull = false

    var soon: Date { self.now.addingTimeInterval(3600) }
}

extension PostgresQuery.StringInterpolation {
    /// The tasks that could be served now, if only to their owner.
    mutating func appendInterpolation(waiting moment: QueueMoment) {
        self.appendLiteral("t.state = 'open' AND t.next_attempt_at <= ")
        self.appendInterpolation(moment.now)
        self.appendLiteral(" AND (t.claimed_until IS NULL OR t.claimed_until <= ")
        self.appendInterpolation(moment.now)
        self.appendLiteral(")")
        if let open = moment.openWindows {
            self.appendLiteral(
                " AND (t.preferred_window IS NULL OR t.call_again_at IS NOT NULL OR t.preferred_window = ANY (")
            self.appendInterpolation(open)
            self.appendLiteral("))")
        }
    }

    /// The tasks that this adviser could be served now (contract §4.8).
    ///
    /// What was pushed to somebody is theirs for as long, from then on. A promise that would break within the hour is anybody's,
    /// whatever it asks for.
    mutating func appendInterpolation(servable moment: QueueMoment) {
        self.appendInterpolation(waiting: moment)
        self.appendLiteral(" AND (t.owner_id IS NULL OR t.owner_id = ")
        self.appendInterpolation(moment.adviser)
        self.appendLiteral(" OR (t.next_attempt_at <= ")
        self.appendInterpolation(moment.late)
        self.appendLiteral(" AND (t.owner_reason <> 'pushed' OR t.pushed_at <= ")
        self.appendInterpolation(moment.late)
        self.appendLiteral(")) OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND ")
        self.appendInterpolation(awayOn: ShanghaiDate(moment.now))
        self.appendLiteral("))")
        if moment.isFull {
            self.appendLiteral(" AND t.owner_id = ")
            self.appendInterpolation(moment.adviser)
        }
        if !moment.barred.isEmpty {
            self.appendLiteral(" AND (t.skill IS NULL OR t.skill <> ALL (")
            self.appendInterpolation(moment.barred)
            self.appendLiteral(") OR t.owner_id = ")
            self.appendInterpolation(moment.adviser)
            self.appendLiteral(" OR t.met_at IS NULL AND t.due_at <= ")
            self.appendInterpolation(moment.soon)
            self.appendLiteral(")")
        }
        if !moment.passedOver.isEmpty {
            self.appendLiteral(" AND t.id <> ALL (")
            self.appendInterpolation(moment.passedOver)
            self.appendLiteral("::uuid[])")
        }
    }

    /// A claim of `callback_tasks t` by somebody else ends what was pushed.
    mutating func appendInterpolation(takingPushFor adviser: UUID) {
        for column in ["owner_id", "owner_reason"] {
            self.appendLiteral(
                "\(column) = CASE WHEN t.owner_reason = 'pushed' AND t.owner_id <> ")
            self.appendInterpolation(adviser)
            self.appendLiteral(" THEN NULL ELSE t.\(column) END")
            if column == "owner_id" { self.appendLiteral(", ") }
        }
    }

    /// Whether `staff o` is away: gone, off duty or on leave that day.
    mutating func appendInterpolation(awayOn day: ShanghaiDate) {
        self.appendLiteral(
            "(NOT o.active OR o.availability = 'off' OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND "
        )
        self.appendInterpolation(day.description)
        self.appendLiteral("::text::date BETWEEN v.first_day AND v.last_day))")
    }
}

/// What an adviser who asks for the next call gets.
struct ClaimedNext: Sendable {
    var task: CallbackTask
    /// False for the claim they had already, which got a new lease.
    var isNew: Bool
}

extension Transaction {
    /// The adviser's own ordinary claim with a new lease, else the most urgent task (contract §4.8), in one round trip.
    func claimNext(_ moment: QueueMoment, until: Date) async throws -> ClaimedNext? {
        let answers = try await self.pipeline([
            Self.endingLapsedClaims(of: moment.adviser, at: moment.now),
            """
            UPDATE callback_tasks SET claimed_until = \(until)
            WHERE claimed_by = \(moment.adviser) AND claim_kind = 'ordinary' AND claimed_until > \(moment.now)
            """,
            Self.claiming(moment, until: until),
            """
            SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
            WHERE t.claimed_by = \(moment.adviser) AND t.claim_kind = 'ordinary'
            """,
        ])
        let tasks: [CallbackTask] = try Self.decode(answers[3])
        return tasks.first.map { ClaimedNext(task: $0, isNew: !answers[2].isEmpty) }
    }

    /// Ends the adviser's own claims whose lease has run out, at the instant it did.
    func endLapsedClaims(of adviser: UUID, at now: Date) async throws {
        try await self.execute(Self.endingLapsedClaims(of: adviser, at: now))
    }

    /// Ends every claim of somebody who may not work any more, at the latest now.
    func endClaims(of adviser: UUID, at now: Date) async throws {
        try await self.execute(
            """
            WITH held AS (
                SELECT id, claim_number, claimed_until FROM callback_tasks WHERE claimed_by = \(adviser) FOR UPDATE
            ), freed AS (
                UPDATE callback_tasks t SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL
                FROM held h WHERE t.id = h.id
            )
            UPDATE callback_claims c SET ended_at = least(h.claimed_until, \(now)), end_reason = 'expired'
            FROM held h WHERE c.task_id = h.id AND c.claim_number = h.claim_number AND c.ended_at IS NULL
            """)
    }

    private static func endingLapsedClaims(of adviser: UUID, at now: Date) -> PostgresQuery {
        """
        WITH lapsed AS (
            SELECT id, claim_number, claimed_until FROM callback_tasks
            WHERE claimed_by = \(adviser) AND claimed_until <= \(now) FOR UPDATE
        ), freed AS (
            UPDATE callback_tasks t SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL
            FROM lapsed l WHERE t.id = l.id
        )
        UPDATE callback_claims c SET ended_at = l.claimed_until, end_reason = 'expired'
        FROM lapsed l WHERE c.task_id = l.id AND c.claim_number = l.claim_number AND c.ended_at IS NULL
        """
    }

    /// Claims the first task of the first class that has one, skipping those another adviser is claiming at this instant.
    ///
    /// Each class is read in its order from an index and stops at its first task; a class is only looked at when those
    /// before it have none, so that it need not say what it leaves to them.
    private static func claiming(_ moment: QueueMoment, until: Date) -> PostgresQuery {
        """
        WITH own AS MATERIALIZED (
            SELECT FROM callback_tasks WHERE claimed_by = \(moment.adviser) AND claim_kind = 'ordinary'
        ), picked AS (
            SELECT * FROM (
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.owner_id = \(moment.adviser) AND t.owner_reason IN ('appointment', 'assigned')
                    ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) own_first
                UNION ALL
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.call_again_at IS NOT NULL
                    ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) appointments
                UNION ALL
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.met_at IS NULL AND t.newest_inquiry_at > \(moment.freshSince)
                      AND NOT EXISTS (SELECT FROM callback_tasks t WHERE \(servable: moment) AND t.met_at IS NULL
                                      AND t.due_at > \(moment.now) AND t.due_at <= \(moment.soon))
                    ORDER BY t.newest_inquiry_at DESC, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) fresh
                UNION ALL
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.met_at IS NULL AND t.due_at < \(moment.endOfToday)
                    ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
                UNION ALL
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.met_at IS NOT NULL
                    ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) met
                UNION ALL
                SELECT * FROM (
                    SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
                    WHERE \(servable: moment) AND t.met_at IS NULL
                    ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) later
                LIMIT 1) first
            WHERE NOT EXISTS (SELECT FROM own)
        ), lapsed AS (
            UPDATE callback_claims c SET ended_at = p.claimed_until, end_reason = 'expired'
            FROM picked p WHERE c.task_id = p.id AND c.claim_number = p.claim_number AND c.ended_at IS NULL
              -- Released meanwhile: picked is the row as it is now, c as this statement began, and CHECKs come before the second look.
              AND p.claimed_until IS NOT NULL
        ), claimed AS (
            UPDATE callback_tasks t SET claimed_by = \(moment.adviser), claim_kind = 'ordinary', claimed_until = \(until),
                   claim_number = t.claim_number + 1, \(takingPushFor: moment.adviser)
            FROM picked p WHERE t.id = p.id
            RETURNING t.id, t.claim_number
        )
        INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at)
        SELECT id, claim_number, \(moment.adviser), 'ordinary', \(moment.now) FROM claimed
        RETURNING task_id
        """
    }
}
