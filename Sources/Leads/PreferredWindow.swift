package import Foundation

/// When a visitor would like to be called.
package enum PreferredWindow: String, Sendable, Hashable, CaseIterable {
    case morning, afternoon, evening

    package var title: String {
        switch self {
        case .morning: "上午"
        case .afternoon: "午后"
        case .evening: "晚间"
        }
    }
}

/// The windows' times, which settings may change.
package struct PreferredWindowTimes: Sendable, Hashable {
    private let spans: [PreferredWindow: Span]

    package static let standard = PreferredWindowTimes(
        spans: [
            .morning: Span(from: 540, to: 720), .afternoon: Span(from: 810, to: 1080),
            .evening: Span(from: 1080, to: 1200),
        ].compactMapValues { $0 })

    package init(spans: [PreferredWindow: Span]) {
        self.spans = spans
    }

    package func span(_ window: PreferredWindow) -> Span? { self.spans[window] }

    /// The window's hours if they lie inside the opening hours of the due day.
    package func offered(_ window: PreferredWindow, within hours: OpeningHours) -> WindowHours? {
        guard let span = self.spans[window], hours.opens <= span.from, span.to <= hours.closes else { return nil }
        return WindowHours(span: span)
    }

    /// The windows that are open at an instant.
    package func open(at instant: Date) -> [PreferredWindow] {
        let minute = ShanghaiDate.minute(of: instant)
        return PreferredWindow.allCases.filter { window in
            self.spans[window].map { $0.from <= minute && minute < $0.to } ?? false
        }
    }
}

/// One window's hours.
package struct WindowHours: Sendable, Hashable, CustomStringConvertible {
    package let span: Span

    package var description: String { "\(Span.clock(self.span.from))–\(Span.clock(self.span.to))" }

    /// The window's end on the day of an instant.
    package func end(on instant: Date) -> Date { ShanghaiDate(instant).at(minute: self.span.to) }

    /// `instant` if the window is open then, else its next start.
    package func nextStart(from instant: Date) -> Date {
        let today = ShanghaiDate(instant)
        if instant < today.at(minute: self.span.from) { return today.at(minute: self.span.from) }
        if instant < today.at(minute: self.span.to) { return instant }
        return today.adding(1).at(minute: self.span.from)
    }
}
