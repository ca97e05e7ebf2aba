import Foundation
import Leads

extension Settings {
    /// Applies a setting about messages.
    ///
    /// - Returns: false for a value that does not fit its key.
    mutating func applyMessages(_ key: String, _ value: JSONValue) -> Bool {
        switch (key, value) {
        case ("sms_reference", .bool(let isOn)): self.smsReference = isOn
        case ("confirmation_sms", .bool(let isOn)): self.confirmationSMS = isOn
        case ("breach_sms", .bool(let isOn)): self.breachSMS = isOn
        case ("missed_call_sms", .bool(let isOn)): self.missedCallSMS = isOn
        case ("sms_texts", .object(let texts)):
            var read: [MessagePurpose: MessageText] = [:]
            for (name, text) in texts {
                guard let purpose = MessagePurpose(rawValue: name),
                    let text = text.asText.flatMap({ MessageText($0, for: purpose) })
                else { return false }
                read[purpose] = text
            }
            self.smsTexts = read
        case ("sms_prices", .object(let prices)):
            var read: [String: Double] = [:]
            for (gateway, price) in prices {
                guard case .number(let yuan) = price, yuan >= 0, yuan <= 10 else { return false }
                read[gateway] = NSDecimalNumber(decimal: yuan).doubleValue
            }
            self.smsPrices = read
        case ("sms_templates", .object(let gateways)):
            var read: [String: [String: VendorTemplate]] = [:]
            for (gateway, purposes) in gateways {
                guard case .object(let templates) = purposes else { return false }
                for (name, template) in templates {
                    guard let purpose = MessagePurpose(rawValue: name), let template = VendorTemplate(template),
                        purpose.parameters.isSuperset(of: template.parameters),
                        purpose.isCode || template.id != nil
                    else { return false }
                    read[gateway, default: [:]][name] = template
                }
            }
            self.smsTemplates = read
        default: return false
        }
        return true
    }
}

extension Settings {
    /// The text of a purpose: what somebody wrote, or the shipped one; a code has none until somebody writes it.
    package func text(of purpose: MessagePurpose) -> MessageText? { self.smsTexts[purpose] ?? purpose.standardText }

    /// Whether any of the gateways can carry a message of this purpose.
    func canCarry(_ purpose: MessagePurpose, among gateways: [any SMSGateway]) -> Bool {
        purpose.isCode
            || gateways.contains { !$0.needsTemplates || self.smsTemplates[$0.name]?[purpose.rawValue] != nil }
    }

    /// Whether every code says its reference, whichever gateway carries it; only then do forms and messages say one.
    func saysReference(among gateways: [any SMSGateway]) -> Bool {
        self.smsReference
            && gateways.filter(\.needsTemplates).allSatisfy { gateway in
                [MessagePurpose.inquiryCode, .privacyCode].allSatisfy {
                    self.smsTemplates[gateway.name]?[$0.rawValue]?.parameters.contains("reference") == true
                }
            }
    }
}

extension VendorTemplate {
    /// Reads `{"id": "SMS_1", "parameters": ["code", "reference"]}`; without `id` it is the template for codes.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value, case .array(let names)? = members["parameters"], names.count <= 10,
            members.keys.allSatisfy({ $0 == "id" || $0 == "parameters" })
        else { return nil }
        let parameters = names.compactMap(\.asText)
        guard parameters.count == names.count, Set(parameters).count == names.count else { return nil }
        if let id = members["id"] {
            guard let text = id.asText, (1...64).contains(text.count) else { return nil }
            self.init(id: text, parameters: parameters)
        } else {
            self.init(id: nil, parameters: parameters)
        }
    }
}
