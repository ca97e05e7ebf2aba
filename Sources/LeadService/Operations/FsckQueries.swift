import Foundation
import Leads
import Postgres

/// One read-only check: its statement returns the ids of rows that break the invariant.
struct FsckCheck: Sendable {
    /// More rows than this are not counted.
    static let limit = 1000

    let invariant: String
    let name: String
    let meaning: String
    /// Sees the sessions of others, which the application's role may not.
    var actsAsLogin = false
    let query: @Sendable (FsckMoment) -> PostgresQuery

    init(
        _ invariant: String, _ name: String, _ meaning: String, actsAsLogin: Bool = false,
        _ query: @escaping @Sendable (FsckMoment) -> PostgresQuery
    ) {
        self.invariant = invariant
        self.name = name
        self.meaning = meaning
        self.actsAsLogin = actsAsLogin
        self.query = query
    }

    /// Every check; those that act as the login are last, because a transaction does not change back.
    static let all =
        Self.promises + Self.kept + Self.repeats + Self.codes + Self.claims + Self.messages + Self.personalData
        + Self.exports + Self.sessions

    private static let repeats = [
        FsckCheck("I2", "key_of_another_phone", "an inquiry is bound under another number's key") { _ in
            """
            SELECT k.inquiry_id::text FROM submit_keys k JOIN inquiries i ON i.id = k.inquiry_id JOIN leads l ON l.id = i.lead_id
            WHERE k.phone_index <> l.phone_index AND k.phone_index IS DISTINCT FROM l.phone_index_next LIMIT 1000
            """
        },
        FsckCheck("I2", "two_leads_of_one_number", "two leads have one number") { _ in
            """
            SELECT a.id::text FROM leads a JOIN leads b ON a.phone_index = b.phone_index_next AND a.id <> b.id LIMIT 1000
            """
        },
        FsckCheck("I2", "two_messages_for_a_code", "a code has more than one message") { _ in
            """
            SELECT challenge_id::text FROM messages WHERE challenge_id IS NOT NULL
            GROUP BY challenge_id HAVING count(*) > 1 LIMIT 1000
            """
        },
    ]

    private static let codes = [
        FsckCheck("I3", "code_used_outside_its_life", "a code was accepted before it was issued or after it expired") {
            _ in
            """
            SELECT id::text FROM verification_challenges WHERE consumed_at >= expires_at OR consumed_at < issued_at LIMIT 1000
            """
        },
        FsckCheck("I3", "too_many_wrong_codes", "more wrong codes were compared for a number than its budget allows") {
            moment in
            """
            SELECT encode(substr(phone_index, 1, 8), 'hex') FROM phone_budgets WHERE cardinality(wrongs) > \(moment.mostWrongCodes) LIMIT 1000
            """
        },
    ]

    private static let claims = [
        FsckCheck("I4", "claim_without_record", "a task is held without a live claim of its holder under its number") {
            _ in
            """
            SELECT t.id::text FROM callback_tasks t
            WHERE t.claimed_by IS NOT NULL
              AND NOT EXISTS (SELECT FROM callback_claims c WHERE c.task_id = t.id AND c.claim_number = t.claim_number
                                AND c.adviser_id = t.claimed_by AND c.ended_at IS NULL)
            LIMIT 1000
            """
        },
        FsckCheck("I4", "two_live_claims", "a task has two live claims") { _ in
            """
            SELECT task_id::text FROM callback_claims WHERE ended_at IS NULL GROUP BY task_id HAVING count(*) > 1 LIMIT 1000
            """
        },
        FsckCheck("I4", "fence_out_of_step", "a task's claim number is not that of its newest claim") { _ in
            """
            SELECT t.id::text FROM callback_tasks t LEFT JOIN callback_claims c ON c.task_id = t.id
            GROUP BY t.id, t.claim_number HAVING t.claim_number <> coalesce(max(c.claim_number), 0) LIMIT 1000
            """
        },
        FsckCheck("I4", "result_of_another", "a result was written by somebody other than the claimant") { _ in
            """
            SELECT a.id::text FROM call_attempts a JOIN callback_claims c USING (task_id, claim_number)
            WHERE a.adviser_id <> c.adviser_id LIMIT 1000
            """
        },
        FsckCheck("I4", "stale_result", "a result was accepted after somebody else had claimed") { _ in
            """
            SELECT a.id::text FROM call_attempts a
            WHERE a.refused IS NULL AND EXISTS (SELECT FROM callback_claims n WHERE n.task_id = a.task_id
                                                  AND n.claim_number > a.claim_number AND n.claimed_at < a.at)
            LIMIT 1000
            """
        },
        FsckCheck("I8", "orphaned_claim", "a claim is live though its task is not held under it") { _ in
            """
            SELECT c.task_id::text FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id
            WHERE c.ended_at IS NULL AND (t.claimed_by IS NULL OR t.claim_number <> c.claim_number) LIMIT 1000
            """
        },
    ]

    private static let messages = [
        FsckCheck("I5", "stuck_in_sending", "a message is being sent though its lease is over") { moment in
            """
            SELECT id::text FROM messages WHERE state = 'sending' AND lease_until < \(moment.now.addingTimeInterval(-60)) LIMIT 1000
            """
        },
        FsckCheck("I5", "never_settled", "a message still waits though it has expired") { moment in
            """
            SELECT id::text FROM messages WHERE state = 'queued' AND expires_at < \(moment.now.addingTimeInterval(-60)) LIMIT 1000
            """
        },
        FsckCheck("I5", "withheld_code_sent", "a code that no gateway should get has a message") { _ in
            """
            SELECT m.id::text FROM messages m JOIN verification_challenges v ON v.id = m.challenge_id WHERE v.withheld LIMIT 1000
            """
        },
        FsckCheck("I5", "nothing_to_send", "a message waits without its text or number") { _ in
            """
            SELECT id::text FROM messages
            WHERE state IN ('queued', 'sending') AND (parameters_sealed IS NULL OR phone_sealed IS NULL) LIMIT 1000
            """
        },
    ]

    private static let sessions = [
        FsckCheck("I8", "idle_in_transaction", "a session sits in an open transaction", actsAsLogin: true) { moment in
            """
            SELECT pid::text FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
              AND state_change < \(moment.now.addingTimeInterval(-30)) LIMIT 1000
            """
        },
        FsckCheck("I8", "leaked_lock", "an idle session holds an advisory lock", actsAsLogin: true) { moment in
            """
            SELECT DISTINCT a.pid::text FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND a.datname = current_database() AND a.state = 'idle'
              AND a.state_change < \(moment.now.addingTimeInterval(-60)) LIMIT 1000
            """
        },
    ]
}

extension Transaction {
    /// Reading a whole table may take longer than a request may.
    func allowLongChecks() async throws {
        try await self.execute("SET LOCAL statement_timeout = '10min'")
    }

    /// The ids of the rows that break a check.
    func breaking(_ check: FsckCheck, at moment: FsckMoment) async throws -> [String] {
        if check.actsAsLogin { try await self.execute("SET LOCAL ROLE NONE") }
        return try await self.rows(check.query(moment)).map { try $0.decode(String.self) }
    }
}
