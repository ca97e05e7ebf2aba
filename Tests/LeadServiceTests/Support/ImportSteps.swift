import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

extension TestService {
    static let imports = "/api/v1/imports"
    static let agreed = #""consent":{"basis":"written","evidence":"展会登记表"}"#

    /// Hands in a file as a draft.
    func upload(_ text: String, _ colleague: Colleague) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/import-files", text, token: colleague.token, headers: [.contentType: "text/csv"])
    }

    /// A file of so many made-up people.
    static func people(_ numbers: Range<Int>) -> String {
        "姓名,手机\n" + numbers.map { "王小明,\(13_900_000_000 + $0)\n" }.joined()
    }

    /// Hands a file in, starts it and returns its address.
    func started(_ text: String, _ colleague: Colleague) async throws -> String {
        let draft = try await self.upload(text, colleague)
        try #require(draft.status == 201, "\(draft.text)")
        let path = "\(Self.imports)/\(draft["id"].string)"
        let queued = try await self.call(.post, path + "/start", "{\(Self.agreed)}", token: colleague.token)
        try #require(queued.status == 202 && queued["state"].string == "queued", "\(queued.text)")
        return path
    }

    /// As `started`, and brings all of it in.
    func imported(_ text: String, _ colleague: Colleague) async throws -> String {
        let path = try await self.started(text, colleague)
        try #require(try await self.services.imports.runOnce())
        #expect(try await self.state(path, colleague) == "done")
        return path
    }

    func undoImport(_ path: String, _ colleague: Colleague) async throws -> Answer {
        try await self.call(.post, path + "/undo", token: colleague.token)
    }

    /// Everything there is of leads, but for the transaction that changed a task last.
    func everythingOfLeads() async throws -> String? {
        try await self.column(
            """
            SELECT concat_ws(E'\\n', (SELECT jsonb_agg(to_jsonb(l) ORDER BY id) FROM leads l), (SELECT jsonb_agg(to_jsonb(i) ORDER BY id) FROM inquiries i),
                             (SELECT jsonb_agg(to_jsonb(c) ORDER BY id) FROM consents c),
                             (SELECT jsonb_agg(to_jsonb(k) ORDER BY inquiry_id) FROM submit_keys k),
                             (SELECT jsonb_agg(to_jsonb(t) - 'changed_in' ORDER BY id) FROM callback_tasks t),
                             (SELECT jsonb_agg(to_jsonb(c) ORDER BY task_id, claim_number) FROM callback_claims c))
            """)
    }

    /// As if everybody had just proved who they are.
    func stepUpEverybody() async throws {
        let now = self.clock.now
        _ = try await self.column("UPDATE staff_sessions SET step_up_at = \(now) RETURNING 'done'")
    }
}
