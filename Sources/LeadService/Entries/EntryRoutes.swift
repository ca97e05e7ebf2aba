import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// `POST /api/v1/leads`: what the staff take down for somebody.
struct EntryRoutes: RouteList {
    let entry: LeadEntry
    let settings: SettingsStore

    var routes: [Route] {
        [Route(.post, "/api/v1/leads", .staff(.workCallbacks), self.enter).open(to: .leadsWrite)]
    }

    @Sendable private func enter(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let key = try request.idempotencyKey()
        let session = try context.loggedIn
        let draft = try EntryDraft.read(
            try await request.json(context), from: session.apiKey, questions: self.settings.current.extraQuestions)
        // A program holds no task.
        if draft.claims, session.apiKey != nil { throw Problems.scopeMissing }
        let sender = EntrySender(
            address: context.clientAddress, userAgent: request.evidenceUserAgent, idempotencyKey: key)
        return .json(
            text: try await self.entry.enter(draft, by: session, from: sender), status: .created)
    }
}
