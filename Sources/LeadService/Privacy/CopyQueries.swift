import Foundation
import Leads
import NIOCore
import Postgres

/// A lead's number as it is stored.
private struct StoredLead: TableRow {
    static let columns = """
        l.id, l.phone_index, l.phone_sealed, l.created_at, t.state, EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index),
        (SELECT w.added_at FROM wechat_contacts w WHERE w.lead_id = l.id),
        (SELECT p.valid_until::text FROM lead_permits p WHERE p.lead_id = l.id)
        """
    let id: UUID
    let index: ByteBuffer
    let sealed: [UInt8]
    let createdAt: Date
    let state: String?
    let doNotCall: Bool
    let onWeChatSince: Date?
    let permitUntil: String?

    init(row: PostgresRow) throws {
        let (id, index, sealed, created, state, doNotCall, onWeChat, permitUntil) =
            try row.decode((UUID, ByteBuffer, ByteBuffer, Date, String?, Bool, Date?, String?).self)
        self.id = id
        self.index = index
        self.sealed = sealed.bytes
        self.createdAt = created
        self.state = state
        self.doNotCall = doNotCall
        self.onWeChatSince = onWeChat
        self.permitUntil = permitUntil
    }
}

/// An inquiry as it is stored.
private struct StoredInquiry: TableRow {
    static let columns =
        "id, accepted_at, due_at, postponed_to, met_at, name_sealed, remark_sealed, extra_sealed, preferred_window, source::text"
    let id: UUID
    let acceptedAt: Date
    let dueAt: Date
    let postponedTo: Date?
    let metAt: Date?
    let name: ByteBuffer
    let remark: ByteBuffer?
    let extra: ByteBuffer?
    let window: String?
    let source: String

    init(row: PostgresRow) throws {
        (
            self.id, self.acceptedAt, self.dueAt, self.postponedTo, self.metAt, self.name, self.remark, self.extra,
            self.window, self.source
        ) = try row.decode(
            (UUID, Date, Date, Date?, Date?, ByteBuffer, ByteBuffer?, ByteBuffer?, String?, String).self)
    }

    /// The name alone.
    func named(_ dependencies: Dependencies) throws -> CopiedInquiry {
        let name = try dependencies.shown {
            try $0.open(self.name.bytes, at: SealedPlace("inquiries", "name_sealed", self.id))
        }
        return CopiedInquiry(
            id: self.id, acceptedAt: self.acceptedAt, dueAt: self.dueAt, postponedTo: nil, metAt: nil, name: name,
            remark: nil,
            extra: nil, window: nil, source: "{}")
    }

    func opened(_ dependencies: Dependencies) throws -> CopiedInquiry {
        func open(_ sealed: ByteBuffer?, _ column: String) throws -> String? {
            try sealed.map { sealed in
                try dependencies.shown { try $0.open(sealed.bytes, at: SealedPlace("inquiries", column, self.id)) }
            }
        }
        let extra = try open(self.extra, "extra_sealed")
        return CopiedInquiry(
            id: self.id, acceptedAt: self.acceptedAt, dueAt: self.dueAt, postponedTo: self.postponedTo,
            metAt: self.metAt,
            name: try open(self.name, "name_sealed") ?? "", remark: try open(self.remark, "remark_sealed"),
            extra: extra == SealBroken.shown ? JSONOutput.object([SealBroken.shown: .null]).text : extra,
            window: self.window, source: self.source)
    }
}

extension CopiedConsent: TableRow {
    static let columns = """
        purpose, notice_version, text_shown, given_at, withdrawn_at,
        CASE WHEN channel IS DISTINCT FROM 'staff' THEN host(address) END,
        CASE WHEN channel IS DISTINCT FROM 'staff' THEN encode(user_agent_hash, 'hex') END, channel, reminder_valid_until::text
        """

    init(row: PostgresRow) throws {
        (
            self.purpose, self.noticeVersion, self.textShown, self.givenAt, self.withdrawnAt, self.address,
            self.browser, self.channel, self.reminderUntil
        ) = try row.decode((String, String, String?, Date, Date?, String?, String?, String?, String?).self)
    }
}

extension CopiedCall: TableRow {
    static let columns = "a.at, a.disposition, a.duration_seconds"

    init(row: PostgresRow) throws {
        let (at, disposition, duration) = try row.decode((Date, String, Int32?).self)
        guard let disposition = Disposition(rawValue: disposition) else { throw MissingRow() }
        self.init(at: at, disposition: disposition, duration: duration.map { Int($0) })
    }
}

extension CopiedEligibility: TableRow {
    static let columns = "checked_at, rule_version, total, offered"

    init(row: PostgresRow) throws {
        let (at, version, total, offered) = try row.decode((Date, String, Int32, Bool).self)
        self.init(at: at, ruleVersion: version, total: Int(total), wasOffered: offered)
    }
}

extension CopiedDialling: TableRow {
    static let columns = "d.dialled_at, d.duration_seconds, d.recording_reference_sealed IS NOT NULL"

    init(row: PostgresRow) throws {
        let (at, duration, isRecorded) = try row.decode((Date, Int32?, Bool).self)
        self.init(at: at, durationSeconds: duration.map { Int($0) }, isRecorded: isRecorded)
    }
}

extension CopiedExport: TableRow {
    static let columns = "e.at, e.format, e.phone"

    init(row: PostgresRow) throws {
        (self.at, self.format, self.phone) = try row.decode((Date, String, String).self)
    }
}

extension CopiedMessage: TableRow {
    static let columns = "created_at, template, state"

    init(row: PostgresRow) throws {
        (self.at, self.template, self.state) = try row.decode((Date, String, String).self)
    }
}

extension Transaction {
    /// What a correction wrote, and nothing beside it: the name in every inquiry of a lead, and the answers it scored.
    func correctedCopy(
        of lead: UUID, by request: PrivacyRequestRow, _ dependencies: Dependencies
    ) async throws -> PersonalCopy {
        var copy = PersonalCopy()
        if request.corrects.contains(.name) {
            let inquiries = try await self.all(
                """
                SELECT \(columnsOf: StoredInquiry.self) FROM inquiries
                WHERE lead_id = \(lead) AND erased_at IS NULL AND accepted_at <= \(request.requestedAt)
                ORDER BY accepted_at DESC, id DESC LIMIT 500
                """, as: StoredInquiry.self)
            copy.inquiries = try inquiries.map { try $0.named(dependencies) }
        }
        if request.corrects.contains(.answers) {
            copy.assessments = try await self.all(
                """
                SELECT \(columnsOf: CardAssessment.self) FROM assessments
                WHERE id IN (SELECT assessment_id FROM inquiries WHERE lead_id = \(lead)) AND created_at = \(request.requestedAt)
                """)
        }
        return copy
    }

    /// Everything of one lead, the newest first: the rows of its own number, whatever it was merged with; nothing for a lead
    /// that is erased or not there.
    func personalCopy(of lead: UUID, _ dependencies: Dependencies) async throws -> PersonalCopy {
        let stored = try await self.first(
            """
            SELECT \(columnsOf: StoredLead.self) FROM leads l
            LEFT JOIN LATERAL (SELECT state FROM callback_tasks WHERE lead_id = coalesce(l.merged_into, l.id)
                               ORDER BY accepted_at DESC, id DESC LIMIT 1) t ON true
            WHERE l.id = \(lead) AND l.erased_at IS NULL
            """, as: StoredLead.self)
        let inquiries = try await self.all(
            """
            SELECT \(columnsOf: StoredInquiry.self) FROM inquiries WHERE lead_id = \(lead) AND erased_at IS NULL
            ORDER BY accepted_at DESC, id DESC LIMIT 500
            """, as: StoredInquiry.self)
        let assessments: [CardAssessment] = try await self.all(
            """
            SELECT \(columnsOf: CardAssessment.self) FROM assessments
            WHERE id IN (SELECT assessment_id FROM inquiries WHERE lead_id = \(lead)
                         UNION ALL SELECT assessment_id FROM assessment_reviews WHERE lead_id = \(lead))
            ORDER BY created_at DESC, id DESC LIMIT 500
            """)
        let consents: [CopiedConsent] = try await self.all(
            "SELECT \(columnsOf: CopiedConsent.self) FROM consents WHERE lead_id = \(lead) ORDER BY given_at DESC, purpose LIMIT 2000"
        )
        let calls: [CopiedCall] = try await self.all(
            """
            SELECT \(columnsOf: CopiedCall.self) FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id
            JOIN call_attempts a ON a.task_id = c.task_id AND a.claim_number = c.claim_number
            WHERE \(callsOf: lead) AND a.refused IS NULL AND a.counts ORDER BY a.at DESC LIMIT 500
            """)
        let exports: [CopiedExport] = try await self.all(
            """
            SELECT \(columnsOf: CopiedExport.self) FROM export_leads x JOIN export_records e ON e.id = x.export_id
            WHERE x.lead_id = \(lead) ORDER BY e.at DESC LIMIT 500
            """)
        let messages: [CopiedMessage] = try await self.all(
            """
            SELECT \(columnsOf: CopiedMessage.self) FROM messages WHERE phone_index = \(stored?.index) ORDER BY created_at DESC LIMIT 500
            """)
        let benefits = try await self.benefitRequests(of: lead)
        let second = try await self.secondNumber(of: lead)
        let dialled: [CopiedDialling] = try await self.all(
            """
            SELECT \(columnsOf: CopiedDialling.self) FROM calls d
            JOIN callback_claims c ON c.task_id = d.task_id AND c.claim_number = d.claim_number
            WHERE c.phone_lead_id = \(lead) AND d.dialled_at IS NOT NULL ORDER BY d.requested_at DESC LIMIT 500
            """)
        let eligibility: [CopiedEligibility] = try await self.all(
            """
            SELECT \(columnsOf: CopiedEligibility.self) FROM eligibility_checks WHERE lead_id = \(lead) ORDER BY checked_at DESC, rule_version LIMIT 100
            """)
        guard let stored else { return PersonalCopy() }
        let phone = try dependencies.shown {
            try $0.open(stored.sealed, at: SealedPlace("leads", "phone_sealed", stored.id))
        }
        return PersonalCopy(
            leads: [
                CopiedLead(
                    id: stored.id, phone: phone, createdAt: stored.createdAt, state: stored.state,
                    doNotCall: stored.doNotCall, hasSecond: second != nil, second: second?.open(dependencies),
                    onWeChatSince: stored.onWeChatSince, permitUntil: stored.permitUntil)
            ], inquiries: try inquiries.map { try $0.opened(dependencies) }, assessments: assessments,
            consents: consents,
            calls: calls, exports: exports, messages: messages, benefits: benefits, dialled: dialled,
            eligibility: eligibility)
    }
}
