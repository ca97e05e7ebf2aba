import Hummingbird
import Leads

/// `/dev/messages`: what would have been sent, in a development run with the `console` gateway only.
struct DevelopmentRoutes: RouteList {
    let messages: SentMessages
    let pages: Pages
    let isOn: Bool

    var routes: [Route] {
        guard self.isOn else { return [] }
        return [Route(.get, "/dev/messages", .visitor, self.list)]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let rows = self.messages.newest.map { entry -> [String: Any] in
            let parameters = entry.message.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return [
                "at": RFC3339.text(entry.at), "phone": entry.message.phone, "template": entry.message.template,
                "parameters": parameters.joined(separator: " "),
            ]
        }
        return try self.pages.render("messages/development", ["messages": rows, "is_empty": rows.isEmpty])
    }
}
