import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// What a receipt offers: looking changes nothing, asking is remembered.
struct BenefitRoutes: RouteList {
    let benefits: Benefits
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/r/{token}/benefits/{id}", .visitor, self.show),
            Route(.post, "/r/{token}/benefits/{id}", .visitor, self.request),
        ]
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let (token, id) = Self.names(context)
        let benefit = try await self.benefits.find(id, receipt: token)
        let wantsPage = self.pages.wantsPage(request)
        switch benefit.content {
        case .file(let sha256):
            guard let file = try await self.benefits.file(sha256) else { throw Problems.notFound }
            guard wantsPage, file.kind.isPicture else { return Self.response(file, title: benefit.title) }
            return try self.page(benefit, token, ["picture_path": "/r/\(token)/benefits/\(id)"])
        case .address(let url) where wantsPage && !url.hasPrefix("/"):
            var context: [String: Any] = ["gift_url": url]
            if let code = QRCode(url) {
                context["qr_box"] = code.size + 4
                context["qr_path"] = code.svgPath
            }
            return try self.page(benefit, token, context)
        case .address(let url): return Response(status: .seeOther, headers: [.location: url])
        case .byAdviser where wantsPage:
            return try self.page(benefit, token, ["ask_path": "/r/\(token)/benefits/\(id)"])
        case .byAdviser: return Response(status: .seeOther, headers: [.location: "/r/" + token])
        }
    }

    @Sendable private func request(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        if request.isForm {
            _ = try await request.form(context)
        } else {
            var fields = try FieldReader(try await request.optionalJSON(context))
            try fields.finish()
        }
        let (token, id) = Self.names(context)
        let benefit = try await self.benefits.request(id, receipt: token)
        let path = benefit.content == .byAdviser ? "/r/\(token)#benefits" : "/r/\(token)/benefits/\(id)"
        return Response(status: .seeOther, headers: [.location: path])
    }

    private static func names(_ context: LeadRequestContext) -> (token: String, id: String) {
        (context.parameters.get("token") ?? "", context.parameters.get("id") ?? "")
    }

    private func page(_ benefit: Settings.Benefit, _ token: String, _ context: [String: Any]) throws -> Response {
        let common: [String: Any] = ["title": benefit.title, "receipt_path": "/r/" + token]
        return try self.pages.render("benefits/benefit", context.merging(common) { first, _ in first })
    }

    /// A picture is shown where it stands, anything else is saved; the browser takes it for what we say and nothing else.
    private static func response(_ file: BenefitFile, title: String) -> Response {
        var headers: HTTPFields = [.contentType: file.kind.rawValue]
        let name = title.addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? ""
        headers[.contentDisposition] =
            (file.kind.isPicture ? "inline" : "attachment") + "; filename*=UTF-8''\(name).\(file.kind.ending)"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
