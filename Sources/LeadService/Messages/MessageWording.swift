import Foundation
import Leads

/// Turns a stored message into the parameters a gateway is handed.
///
/// What may still change is read when the message is sent: the promise of an inquiry, the wording, who we are.
struct MessageWording: Sendable {
    let links: LinkToken
    let publicURL: URL

    /// The parameters of a message, with its whole text as `text` where there is one.
    ///
    /// - Parameters:
    ///   - stored: what was sealed with the message.
    ///   - reference: nil where the form says none.
    ///   - inquiry: what a confirmation confirms.
    func parameters(
        of template: String, stored: [String: String], reference: String?, inquiry: (id: UUID, dueAt: Date)?,
        _ settings: Settings
    ) -> [String: String] {
        var parameters = stored
        guard let purpose = MessagePurpose(rawValue: template) else { return parameters }
        parameters["reference"] = reference
        if !purpose.isCode {
            parameters["company"] = settings.companyName
            parameters["telephone"] = settings.companyTelephone
            parameters["privacy_url"] = self.address("/privacy")
        }
        if purpose == .permitReminder { parameters["renewal_url"] = self.address("/permit-renewal") }
        if let inquiry {
            let token = self.links.token(.receipt, for: inquiry.id)
            parameters["caller"] = settings.callerNumber
            parameters["promise"] = PromiseText.sentence(inquiry.dueAt)
            parameters["due"] = ShanghaiDate.timeText(inquiry.dueAt)
            parameters["receipt"] = token
            parameters["receipt_url"] = self.address("/r/" + token)
        }
        if let text = settings.text(of: purpose) { parameters["text"] = text.filled(with: parameters) }
        return parameters
    }

    private func address(_ path: String) -> String {
        self.publicURL.absoluteString.trimmingSuffix("/") + path
    }
}
