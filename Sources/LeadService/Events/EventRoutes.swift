import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
    // swift-format-ignore: NeverForceUnwrap
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}

/// What keeps open consoles true: the stream of events, and who looks at what.
struct EventRoutes: RouteList {
    let streams: EventStreams
    let queue: CallbackQueue

    var routes: [Route] {
        [
            Route(.get, "/api/v1/events", .staff(.workCallbacks), self.events),
            Route(.post, "/api/v1/callbacks/{id}/presence", .staff(.workCallbacks), self.come),
        ]
    }

    @Sendable private func events(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        let session = try context.loggedIn
        guard self.streams.hasRoom(for: session) else { throw Problems.tooManyRequests(retryAfter: 60) }
        // What is no id of ours is no id: the client is told where things stand.
        let lastID = request.headers[.lastEventID].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        let streams = self.streams
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store", .accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                let stream = streams.open(session, after: lastID, hangUp: { context.hangUp() })
                defer { streams.close(stream) }
                try await writer.write(ByteBuffer(bytes: EventText.greeting))
                for await event in stream.events { try await writer.write(ByteBuffer(bytes: event)) }
                try await writer.finish(nil)
            })
    }

    @Sendable private func come(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.queue.look(at: try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }
}
