import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The inquiry's JSON operations: submit and form token.
struct InquiryRoutes: RouteList {
    let inquiries: Inquiries
    let sites: Sites
    let tokens: FormTokens
    let settings: SettingsStore
    let publicURL: URL

    var routes: [Route] {
        [
            Route(.post, "/api/v1/inquiries", .visitor, self.submit),
            Route(.get, "/api/v1/form-token", .visitor, self.formToken),
            Route(.get, "/api/v1/extra-questions", .visitor) { _, _ in
                .json(
                    .object([
                        "items": .array(self.settings.current.extraQuestions.map(\.json)), "next_cursor": .null,
                    ]))
            },
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let key = try request.idempotencyKey()
        let draft = try InquiryFields.read(
            try await request.json(context), tokens: self.tokens, questions: self.settings.current.extraQuestions)
        let form = try await self.sites.form(draft.formKey, from: request.headers[.origin])
        let sender = InquirySender(
            address: context.clientAddress,
            userAgent: request.evidenceUserAgent,
            idempotencyKey: key, site: form.site, refusal: form.refusal)
        let receipt = try Self.receipt(try await self.inquiries.submit(draft, from: sender))
        return .json(
            .object([
                "inquiry_id": .string(receipt.inquiryID.uuidString.lowercased()),
                "due_at": .string(RFC3339.text(receipt.dueAt)),
                "promise": .string(PromiseText.sentence(receipt.dueAt)),
                "receipt_url": .string(self.url("/r/\(receipt.receiptToken)")),
                "benefits": .array(
                    receipt.benefits.map { .object(["title": .string($0.title), "url": .string(self.url($0.url))]) }),
            ]), status: .created)
    }

    /// The receipt, or the problem that says why there is none.
    static func receipt(_ outcome: InquiryOutcome) throws -> InquiryReceipt {
        switch outcome {
        case .accepted(let receipt): return receipt
        case .codeInvalid: throw Problems.codeInvalid
        case .conflict:
            throw Problem(
                .conflict, "idempotency_conflict", "同一编号下已提交过不同的内容，请重新填写后提交",
                english: "Another inquiry was sent under this id or key.")
        case .tooMany(let seconds): throw Problems.tooManyRequests(retryAfter: seconds)
        case .busy: throw Problems.unavailable
        }
    }

    @Sendable private func formToken(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        .json(.object(["form_token": .string(self.tokens.make())]))
    }

    private func url(_ path: String) -> String {
        path.hasPrefix("/") ? self.publicURL.absoluteString.trimmingSuffix("/") + path : path
    }
}

extension String {
    /// Without one occurrence of a suffix.
    func trimmingSuffix(_ suffix: String) -> String {
        self.hasSuffix(suffix) ? String(self.dropLast(suffix.count)) : self
    }
}

/// The one sentence for the promise.
enum PromiseText {
    static func sentence(_ dueAt: Date) -> String {
        "我们会在 \(ShanghaiDate.timeText(dueAt)) 前致电"
    }
}
