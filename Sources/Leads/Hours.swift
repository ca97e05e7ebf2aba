package import Foundation

/// The firm's day, `09:00-18:00`; its closing time is the deadline.
package struct OpeningHours: Sendable, Hashable, CustomStringConvertible {
    /// Minutes after midnight.
    package let opens: Int
    package let closes: Int

    package static let standard = OpeningHours(opens: 540, closes: 1080)

    private init(opens: Int, closes: Int) {
        self.opens = opens
        self.closes = closes
    }

    package init?(parsing text: String) {
        guard let span = Span(text) else { return nil }
        self.init(opens: span.from, closes: span.to)
    }

    package var description: String { "\(Span.clock(self.opens))–\(Span.clock(self.closes))" }
}

/// A stretch of a day in minutes after midnight, the end excluded.
package struct Span: Sendable, Hashable {
    package let from: Int
    package let to: Int

    package init?(from: Int, to: Int) {
        guard 0 <= from, from < to, to <= 1440 else { return nil }
        self.from = from
        self.to = to
    }

    /// Reads `09:00-12:00`.
    package init?(_ text: String) {
        guard let match = text.wholeMatch(of: /\s*([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})\s*/),
            let fromHour = Int(match.1), let fromMinute = Int(match.2), let toHour = Int(match.3),
            let toMinute = Int(match.4),
            fromMinute < 60, toMinute < 60
        else { return nil }
        self.init(from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute)
    }

    /// `09:00–12:00`.
    package var text: String { "\(self.fromText)–\(self.toText)" }
    package var fromText: String { Self.clock(self.from) }
    package var toText: String { Self.clock(self.to) }

    static func clock(_ minute: Int) -> String {
        let (hour, rest) = (minute / 60, minute % 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
    }
}

/// When people may be dialled, every day of the week; `always` lifts hours, lunch, days and windows.
package struct CallingHours: Sendable, Hashable {
    /// Empty for `always`.
    private let spans: [Span]

    package static let standard = CallingHours(parsing: "09:00-12:00,13:30-21:00") ?? CallingHours(spans: [])

    private init(spans: [Span]) {
        self.spans = spans
    }

    package init?(parsing text: String) {
        if text == "always" {
            self.init(spans: [])
            return
        }
        let parts = text.split(separator: ",")
        let spans = parts.compactMap { Span(String($0)) }
        guard !spans.isEmpty, spans.count == parts.count else { return nil }
        self.init(spans: spans.sorted { $0.from < $1.from })
    }

    package var isAlways: Bool { self.spans.isEmpty }

    /// As in the setting: `09:00-12:00,13:30-21:00` or `always`.
    package var description: String {
        self.isAlways
            ? "always" : self.spans.map { "\(Span.clock($0.from))-\(Span.clock($0.to))" }.joined(separator: ",")
    }

    package func isOpen(at instant: Date) -> Bool {
        let minute = ShanghaiDate.minute(of: instant)
        return self.isAlways || self.spans.contains { $0.from <= minute && minute < $0.to }
    }

    /// The parts of a stretch in which people may be dialled.
    package func open(within stretch: Span) -> [Span] {
        self.isAlways
            ? [stretch]
            : self.spans.compactMap { Span(from: max($0.from, stretch.from), to: min($0.to, stretch.to)) }
    }

    /// When the hours that are open at an instant end; nil when they are not open, or never end.
    package func end(of instant: Date) -> Date? {
        let minute = ShanghaiDate.minute(of: instant)
        return self.spans.first { $0.from <= minute && minute < $0.to }.map { ShanghaiDate(instant).at(minute: $0.to) }
    }

    /// The first instant from `instant` on that lies inside the hours, on a day that `allows`, and inside `window`.
    package func next(
        from instant: Date, window: Span? = nil, allows: (ShanghaiDate) -> Bool = { _ in true }
    ) -> Date {
        guard !self.isAlways else { return instant }
        var day = ShanghaiDate(instant)
        for _ in 0..<400 {
            if allows(day) {
                for span in self.spans {
                    let from = max(span.from, window?.from ?? 0)
                    let to = min(span.to, window?.to ?? 1440)
                    guard from < to else { continue }
                    let start = max(instant, day.at(minute: from))
                    if start < day.at(minute: to) { return start }
                }
            }
            day = day.adding(1)
        }
        return instant
    }
}
