/// The network a mobile number was handed out by, told from its prefix.
///
/// Numbers move between networks since 2019, so it is good for statistics and never for a decision about one person.
package enum MobileOperator: String, Sendable, CaseIterable {
    /// 中国移动, 中国联通, 中国电信.
    case mobile, unicom, telecom
    /// Broadnet, virtual operators, data cards and whatever was handed out after this table was written.
    case other

    /// As pages call it.
    package var title: String {
        switch self {
        case .mobile: "移动"
        case .unicom: "联通"
        case .telecom: "电信"
        case .other: "其他运营商"
        }
    }
}

extension PhoneNumber {
    /// The operator by prefix (domain notes §4).
    package var mobileOperator: MobileOperator {
        switch Int(self.national.prefix(3)) ?? 0 {
        case 134 where self.national.dropFirst(3).first == "9": .other
        case 134...139, 150...152, 157...159, 172, 178, 182...184, 187, 188, 195, 197, 198: .mobile
        case 130...132, 155, 156, 166, 175, 176, 185, 186, 196: .unicom
        case 133, 153, 173, 177, 180, 181, 189...191, 193, 199: .telecom
        default: .other
        }
    }
}
