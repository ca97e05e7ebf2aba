import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

extension TestService {
    /// Adds a site and gives its form key.
    func addSite(
        _ name: String = "partner", origins: [String] = ["https://partner.example"],
        _ more: @Sendable (inout Site) -> Void = { _ in }
    ) async throws -> String {
        let parsed = try origins.map { try Origin(parsing: $0) }
        let site = try await self.services.sites.add(
            name,
            {
                $0.origins = parsed
                more(&$0)
            }, by: .command("test"))
        return try #require(site.formKey)
    }

    /// Asks for a code as a page of that origin would.
    func askForCode(_ phone: String, key: String?, origin: String? = nil) async throws -> Answer {
        let form = key.map { #","form_key":"\#($0)""# } ?? ""
        return try await self.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"\#(form)}"#,
            headers: origin.map { [.origin: $0] } ?? [:])
    }

    /// Sends a form as a browser does.
    func post(_ path: String, _ fields: [(String, String)]) async throws -> Answer {
        let body = fields.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
        return try await self.call(
            .post, path, body.joined(separator: "&"),
            headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
    }
}

extension Answer {
    /// Who may frame it, as its policy says.
    var frameAncestors: String? {
        let policy =
            self.headers[.contentSecurityPolicy]?.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
            ?? []
        return policy.first { $0.hasPrefix("frame-ancestors ") }.map { String($0.dropFirst(16)) }
    }

    /// The hidden fields of a page.
    var hiddenFields: [(String, String)] {
        self.text.matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/).map {
            (String($0.1), String($0.2).replacing("&quot;", with: "\"").replacing("&amp;", with: "&"))
        }
    }
}
