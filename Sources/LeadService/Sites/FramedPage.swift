import HTTPTypes
import Hummingbird

/// A page of the inquiry form, alone or in a frame of a site that may carry it.
struct FramedPage: Sendable {
    let site: Site
    let isEmbedded: Bool

    init(site: Site, isEmbedded: Bool) {
        self.site = site
        self.isEmbedded = isEmbedded
    }

    /// The page that a form's fields came from.
    init(site: Site, form: FormFields) {
        self.init(site: site, isEmbedded: form["embedded"] == "1")
    }

    /// What the templates of the layout ask for.
    var context: [String: Any] {
        guard self.isEmbedded else { return [:] }
        return ["is_embedded": true, "embed_origins": self.site.origins.map(\.description).joined(separator: " ")]
    }

    /// What travels from step to step.
    var hidden: [[String: String]] {
        var fields = [["name": "embedded", "value": "1"]]
        if let key = self.site.formKey { fields.append(["name": "form_key", "value": key]) }
        return fields
    }

    /// Lets the site's pages frame the answer, and nobody else's.
    func frame(_ response: Response) -> Response {
        guard self.isEmbedded else { return response }
        var response = response
        response.headers[.contentSecurityPolicy] = SecurityHeaders.policy(
            frameAncestors: self.site.origins.map(\.description))
        response.headers[.crossOriginResourcePolicy] = "cross-origin"
        return response
    }
}
