package import Foundation
import HTTPTypes
package import Hummingbird
import Leads
import Mustache
import NIOCore
import Synchronization

/// The pages and their assets: templates parsed once, assets held as bytes with an ETag.
package struct Pages: Sendable {
    private let library: MustacheLibrary
    private let assets: [String: StaticFile]
    private let settings: SettingsStore
    private let rendered = RenderedPages()

    /// Reads every template and asset of the resource folder.
    package init(resources: URL, settings: SettingsStore) async throws {
        self.library = try await MustacheLibrary(directory: resources.appendingPathComponent("templates").path)
        self.settings = settings
        let folder = resources.appendingPathComponent("assets")
        var assets: [String: StaticFile] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            guard let type = Self.types[String(name.split(separator: ".").last ?? "")] else { continue }
            assets[name] = StaticFile(try Data(contentsOf: folder.appendingPathComponent(name)), type: type)
        }
        self.assets = assets
    }

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        "png": "image/png", "txt": "text/plain; charset=utf-8",
    ]

    /// Renders a template; who operates the site is known to every page.
    ///
    /// - Parameter context: the template's own variables.
    package func render(
        _ template: String, _ context: [String: Any] = [:], status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let text = try self.text(template, context)
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// As `render`, for a page that is the same for everybody: rendered once for the settings in force, with an ETag, and
    /// 304 for a browser that has it.
    ///
    /// - Parameters:
    ///   - version: names everything but the settings that the context depends on.
    ///   - context: the template's own variables, asked for when the page is rendered.
    package func renderStatic(
        _ template: String, version: String, for request: Request, _ context: () -> [String: Any]
    ) throws -> Response {
        let settings = self.settings.current
        let page = try self.rendered.page(template, of: settings, version: version) {
            StaticFile(Data(try self.text(template, context()).utf8), type: "text/html; charset=utf-8")
        }
        return page.response(to: request)
    }

    private func text(_ template: String, _ context: [String: Any]) throws -> String {
        let whole = self.identity.merging(context) { _, own in own }.mapValues { Self.escapable($0) }
        guard let text = self.library.render(whole, withTemplate: template) else { throw Problems.internal }
        return text
    }

    /// The template engine escapes whole characters, so that a quotation mark with a combining mark would come out as it
    /// is and close an attribute: such a mark is dropped before it gets there.
    private static func escapable(_ value: Any) -> Any {
        switch value {
        case let text as String:
            guard text.contains(where: { $0.unicodeScalars.count > 1 }) else { return text }
            let scalars = text.flatMap { character -> [Unicode.Scalar] in
                let all = Array(character.unicodeScalars)
                let special = all.filter { "<>&\"'".unicodeScalars.contains($0) }
                return all.count > 1 && !special.isEmpty ? special : all
            }
            return String(String.UnicodeScalarView(scalars))
        case let values as [Any]: return values.map { self.escapable($0) }
        case let members as [String: Any]: return members.mapValues { self.escapable($0) }
        default: return value
        }
    }

    /// A problem as a page, in the words of the problem.
    package func problem(_ problem: Problem) -> Response {
        let template = problem.status == .notFound ? "problems/not-found" : "problems/problem"
        let context: [String: Any] = [
            "title": Problems.title(of: problem.status), "detail": problem.detail, "status": problem.status.rawValue,
            "is_gone": problem.status == .gone,
        ]
        guard var response = try? self.render(template, context, status: problem.status.http) else {
            return problem.response(english: false)
        }
        if !problem.allow.isEmpty { response.headers[.allow] = problem.allow.joined(separator: ", ") }
        if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }

    /// Whether the client is a browser asking for a page.
    func wantsPage(_ request: Request) -> Bool {
        guard !request.uri.path.hasPrefix("/api/") else { return false }
        return request.headers[.accept]?.contains("text/html") ?? false
    }

    /// Answers an asset, or 404.
    package func asset(_ name: String, for request: Request) throws -> Response {
        guard let asset = self.assets[name] else { throw Problems.notFound }
        return asset.response(to: request)
    }

    /// Who operates the site; what is not filled in is left out, and the templates are whole without it.
    private var identity: [String: Any] {
        let settings = self.settings.current
        let hours = settings.openingHours.description
        var identity: [String: Any] = [
            "company_name": settings.companyInSentences,
            "is_anonymous": settings.companyName.isEmpty, "opening_hours": hours,
            "brand": settings.companyName.isEmpty ? "居住证积分与签注" : settings.companyName,
        ]
        for (name, text) in [
            ("company_address", settings.companyAddress), ("company_telephone", settings.companyTelephone),
            ("caller_number", settings.callerNumber), ("icp_number", settings.icpNumber),
        ] where !text.isEmpty { identity[name] = text }
        if let logo = settings.logo { identity["logo"] = logo.context }
        identity["has_colour"] = settings.companyColour != CompanyColour.standard
        identity["company_telephone_digits"] = settings.companyTelephone.filter {
            $0.isASCII && ($0.isNumber || $0 == "+")
        }
        identity["has_contact"] = !settings.companyAddress.isEmpty || !settings.companyTelephone.isEmpty
        return identity
    }
}

/// The pages that are the same for everybody, as they were last rendered.
private final class RenderedPages: Sendable {
    private struct Page {
        var settings: Settings
        var version: String
        var file: StaticFile
    }

    private let pages = Mutex<[String: Page]>([:])

    func page(
        _ template: String, of settings: Settings, version: String, render: () throws -> StaticFile
    ) throws -> StaticFile {
        let known = self.pages.withLock { $0[template] }
        if let known, known.version == version, known.settings == settings { return known.file }
        let file = try render()
        self.pages.withLock { $0[template] = Page(settings: settings, version: version, file: file) }
        return file
    }
}

/// Where the resources of this package lie: beside the executable, or in the build folder.
package enum Resources {
    package static var folder: URL { Bundle.module.bundleURL.appendingPathComponent("Resources") }
}
