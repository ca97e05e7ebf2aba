import Foundation
import Leads

/// A window that a send counts in: at most `ceiling` sends from `start` to `end`.
struct SendWindow: Sendable {
    var kind: Kind
    var key: [UInt8]
    var start: Date
    var end: Date
    var ceiling: Int
    /// How many of them this send may find room among: all, or only the first part.
    var limit: Int

    /// In the order in which they are counted: the narrow ones first, so that who has used up their own takes nothing from all.
    enum Kind: String, Sendable, CaseIterable {
        case prefixHour, prefixDay, addressHour, addressDay, networkHour, networkDay
        case pageAddressHour, pageHour, pageDay
        case siteHour, siteDay, allMinute, allHour, allDay
        /// The day's messages again, when it is the money that bounds them.
        case moneyDay
        /// Of assessments, which cost rows and no message.
        case assessmentAddressHour, assessmentNetworkHour, assessmentHour, assessmentDay

        /// Whether every send counts in it.
        var isShared: Bool {
            [.siteHour, .siteDay, .allMinute, .allHour, .allDay, .moneyDay].contains(self)
        }

        /// Windows that many sends count in are split, so that they do not wait for each other's commit.
        var slots: Int {
            switch self {
            case .prefixHour, .prefixDay, .pageAddressHour, .pageHour, .pageDay: 1
            case .addressHour, .addressDay, .networkHour, .networkDay, .assessmentAddressHour, .assessmentNetworkHour: 4
            case .siteHour, .siteDay, .allMinute, .allHour, .allDay, .moneyDay, .assessmentHour, .assessmentDay: 16
            }
        }

        var seconds: TimeInterval {
            switch self {
            case .allMinute: 60
            case .prefixHour, .addressHour, .networkHour, .pageAddressHour, .pageHour, .siteHour, .allHour,
                .assessmentAddressHour, .assessmentNetworkHour, .assessmentHour:
                3600
            case .prefixDay, .addressDay, .networkDay, .pageDay, .siteDay, .allDay, .moneyDay, .assessmentDay: 86400
            }
        }

        /// The word for it in logs and metrics; nil for windows of one number, address or network.
        var alarmName: String? {
            switch self {
            case .siteHour: "site_hour"
            case .siteDay: "site_day"
            case .allHour: "all_hour"
            case .allDay: "all_day"
            case .moneyDay: "money_day"
            default: nil
            }
        }
    }

    /// How full a window is when an alarm is raised, as the table allows.
    static let alarmPercents = [50, 80, 100]
    /// How full one of a day is when administrators are told.
    static let toldPercents = [80, 100]

    /// The same window, of which the send may find room among the first `limit`.
    func limited(to limit: Int) -> SendWindow {
        var window = self
        window.limit = limit
        return window
    }

    /// The half that is sent without a proof.
    static func half(_ ceiling: Int) -> Int { (ceiling + 1) / 2 }
    /// The part that nobody without a solved proof takes from the windows that everybody shares.
    static func unreserved(_ ceiling: Int) -> Int { max(1, ceiling * 4 / 5) }
}

extension SendBudgets {
    /// The windows that a send counts in, in the order of their kinds.
    func windows(
        phone: PhoneNumber, address: ClientAddress, site: String, settings: Settings, at now: Date
    ) -> [SendWindow] {
        let prefix = Self.prefix(of: phone)
        return [
            self.window(.prefixHour, prefix, 20, now), self.window(.prefixDay, prefix, 100, now),
            self.window(.addressHour, address.household, settings.sendsPerAddressPerHour, now),
            self.window(.addressDay, address.household, 200, now),
            self.window(.networkHour, address.network, 200, now),
            self.window(.networkDay, address.network, 1000, now),
        ] + self.siteWindows(site, settings: settings, at: now) + self.sharedWindows(settings: settings, at: now)
    }

    /// The ten thousand numbers that a phone belongs to, of one operator and city.
    static func prefix(of phone: PhoneNumber) -> String { String(phone.national.dropLast(4)) }

    /// The windows of everybody who uses a site's form.
    func siteWindows(_ site: String, settings: Settings, at now: Date) -> [SendWindow] {
        let rules = settings.sends
        return [
            rules.perSiteAndHour.map { self.window(.siteHour, site, $0, now) },
            rules.perSiteAndDay.map { self.window(.siteDay, site, $0, now) },
        ].compactMap { $0 }
    }

    /// The windows that everybody shares.
    func sharedWindows(settings: Settings, at now: Date) -> [SendWindow] {
        let rules = settings.sends
        let windows = [
            self.window(.allMinute, "", settings.sendsPerMinute, now),
            rules.perHour.map { self.window(.allHour, "", $0, now) },
            self.window(.allDay, "", settings.sendsPerDay, now),
            rules.messagesPaidFor.map { self.window(.moneyDay, "", $0, now) },
        ]
        return windows.compactMap { $0 }
    }

    /// The small budget of browsers without JavaScript, which cannot solve a proof.
    func pageWindows(address: ClientAddress, at now: Date) -> [SendWindow] {
        [
            self.window(.pageAddressHour, address.household, 3, now), self.window(.pageHour, "", 30, now),
            self.window(.pageDay, "", 150, now),
        ]
    }

    /// The windows that an assessment counts in: nobody proves anything for one, so they bound what strangers may store.
    func assessmentWindows(address: ClientAddress, at now: Date) -> [SendWindow] {
        [
            self.window(.assessmentAddressHour, address.household, 300, now),
            self.window(.assessmentNetworkHour, address.network, 1000, now),
            self.window(.assessmentHour, "", 3000, now), self.window(.assessmentDay, "", 20_000, now),
        ]
    }

    private func window(_ kind: SendWindow.Kind, _ value: String, _ ceiling: Int, _ now: Date) -> SendWindow {
        let start = Date(
            timeIntervalSince1970: (now.timeIntervalSince1970 / kind.seconds).rounded(.down) * kind.seconds)
        let ceiling = self.scaled(ceiling)
        return SendWindow(
            kind: kind, key: self.keys.bucket("send-" + kind.rawValue, value), start: start,
            end: start.addingTimeInterval(kind.seconds), ceiling: ceiling, limit: ceiling)
    }
}
