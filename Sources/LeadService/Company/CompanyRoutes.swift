import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// How the company looks on its pages: its picture and its colour.
struct CompanyRoutes: RouteList {
    let logos: CompanyLogos
    let settings: SettingsStore

    var routes: [Route] {
        [
            Route(.post, "/api/v1/logos", .steppedUp(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let image = fields.parsed("file", longest: LogoImage.largest / 3 * 4 + 4) {
                    text throws(ValidationFailure) in
                    guard let data = Data(base64Encoded: text) else {
                        throw ValidationFailure(
                            "logo_invalid", "图片应以 base64 提交", english: "The picture is sent in base64.")
                    }
                    return try LogoImage([UInt8](data))
                }
                try fields.finish()
                guard let image else { throw Problems.internal }
                return .json(try await self.logos.add(image, by: try context.loggedIn.actor).json, status: .created)
            },
            Route(.get, "/logo/{name}", .visitor, self.logo),
            Route(.get, "/brand.css", .visitor) { request, _ in self.style.response(to: request) },
        ]
    }

    /// Another picture has another address, so that it need not be asked for again.
    @Sendable private func logo(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let name = context.parameters.get("name") ?? ""
        guard name.hasSuffix(".png"), let bytes = try await self.logos.bytes(name.trimmingSuffix(".png")) else {
            throw Problems.notFound
        }
        return Response(
            status: .ok,
            headers: [.contentType: "image/png", .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private var style: StaticFile {
        let colour = self.settings.current.companyColour
        let text = ":root{--accent:\(colour);--tint:color-mix(in srgb,\(colour) 8%,#fff)}\n"
        return StaticFile(Data(text.utf8), type: "text/css; charset=utf-8")
    }
}
