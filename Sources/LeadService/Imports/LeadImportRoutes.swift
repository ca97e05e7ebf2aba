import HTTPTypes
import Hummingbird
import Leads

/// Leads from a file: for administrators who just proved who they are.
struct LeadImportRoutes: RouteList {
    let imports: LeadImports

    var routes: [Route] { [Route(.post, LeadImport.path, .steppedUp(.manageStaff), self.take)] }

    @Sendable private func take(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let handed = try LeadImport.read(try await request.json(context))
        let sender = EntrySender(
            address: context.clientAddress, userAgent: request.evidenceUserAgent, idempotencyKey: nil)
        let result = try await self.imports.take(handed, by: try context.loggedIn, from: sender)
        return .json(result.json, status: result.id == nil ? .ok : .created)
    }
}
