import Foundation
import Leads

/// How somebody agreed to be called whose inquiry the staff took down.
enum ConsentBasis: String, Sendable, CaseIterable {
    case callIn = "call_in"
    case walkIn = "walk_in"
    case wechat, written, other

    var title: String {
        switch self {
        case .callIn: "来电"
        case .walkIn: "到访"
        case .wechat: "微信"
        case .written: "书面"
        case .other: "其他"
        }
    }

    /// Where the words about it are sealed.
    static func evidencePlace(of consent: UUID) -> SealedPlace { SealedPlace("consents", "evidence_sealed", consent) }
}

/// An entry as it was sent, every field checked.
struct EntryDraft: Sendable {
    var name: PersonName
    var phone: PhoneNumber
    var basis: ConsentBasis
    var evidence: Remark
    var answers: Answers?
    var source: String
    var extra: String?
    var remark: Remark?
    /// Whether who enters it wants to hold it.
    var claims: Bool
    /// Every member in one canonical text.
    var fingerprintText: String
}

/// Who of the staff recorded that somebody agreed.
struct EntryWitness: Sendable {
    var staffID: UUID
    var actor: AuditActor
}

extension StaffSession {
    var witness: EntryWitness { EntryWitness(staffID: self.staffID, actor: self.actor) }
}

/// Where it is entered from, for the evidence of consent.
struct EntrySender: Sendable {
    var address: ClientAddress
    var userAgent: String
    var idempotencyKey: String?
}

extension EntryDraft {
    /// - Parameters:
    ///   - key: the name of the key of the program that sends it.
    ///   - questions: what the company asks on its form; what is not known may be left out.
    static func read(_ value: JSONValue, from key: String?, questions: [ExtraQuestion]) throws -> EntryDraft {
        var fields = try FieldReader(value)
        let name = fields.parsed("name") { text throws(ValidationFailure) in try PersonName(parsing: text) }
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let consent = try fields.object("consent", required: true) { try Self.consent(&$0) }
        let answers = try InquiryFields.answers(&fields)
        let remark = fields.parsed("remark", required: false, longest: 2000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        let given = fields.optionalObject("source")
        let extra = ExtraAnswers(fields.optionalObject("extra"), to: questions, requires: false)
        fields.add(extra.failures)
        let claims = fields.optionalBool("claim") ?? false
        try fields.finish()
        guard let name, let phone, let consent else { throw Problems.internal }
        // Without a source the way they came is one; through a key, that is the key.
        let source = Attribution.source(
            given ?? .object(["utm": .object(["source": .string(key ?? consent.basis.rawValue)])]))
        let identity: [String: JSONOutput] = [
            "name": .string(name.text), "phone": .string(phone.e164), "basis": .string(consent.basis.rawValue),
            "evidence": .string(consent.evidence.text), "answers": .optional(answers?.canonicalJSON),
            "source": .raw(source), "extra": .raw(extra.text ?? "null"), "remark": .optional(remark?.text),
            "claim": .bool(claims),
        ]
        return EntryDraft(
            name: name, phone: phone, basis: consent.basis, evidence: consent.evidence, answers: answers,
            source: source, extra: extra.text, remark: remark, claims: claims,
            fingerprintText: JSONOutput.object(identity).text)
    }

    /// How they agreed, and the words about it; recorded as failures of the fields otherwise.
    static func consent(_ consent: inout FieldReader) throws -> (basis: ConsentBasis, evidence: Remark)? {
        let basis = consent.parsed("basis", longest: 32) { text throws(ValidationFailure) in
            guard let basis = ConsentBasis(rawValue: text) else {
                throw ValidationFailure(
                    "basis_unknown", "请选客户怎样同意的", english: "call_in, walk_in, wechat, written or other.")
            }
            return basis
        }
        let evidence = consent.parsed("evidence", longest: 2000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        if evidence?.text == "" { consent.missing("evidence") }
        guard let basis, let evidence, !evidence.text.isEmpty else { return nil }
        return (basis, evidence)
    }
}
