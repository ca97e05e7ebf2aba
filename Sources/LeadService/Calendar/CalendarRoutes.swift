import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The working calendar as it is loaded; administrators load years and set the firm's own days, after they saw what it does.
struct CalendarRoutes: RouteList {
    let calendar: CalendarList
    let load: CalendarImport
    let store: CalendarStore
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/calendar"
        return [
            Route(.get, path, .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.calendar.json())
            },
            Route(.post, path + "/preview", .staff(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let change = try fields.calendarChange(at: self.now())
                try fields.finish()
                guard let change else { throw Problems.internal }
                return .json(try await change.pointed { try await self.load.plan(change).json })
            },
            Route(.post, path, .steppedUp(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let change = try fields.calendarChange(at: self.now())
                let fingerprint = fields.string("fingerprint", longest: 64)
                try fields.finish()
                guard let change, let fingerprint else { throw Problems.internal }
                let author = try context.loggedIn.actor
                let outcome = try await change.pointed {
                    try await self.load.apply(change, looked: fingerprint, by: author)
                }
                try await self.store.reload()
                return .json(outcome.plan.json)
            },
            Route(.get, "/staff/calendar", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/calendar",
                    page.context("calendar", title: "工作日历").merging([
                        "can_manage": session.role.may(.manageStaff), "today": ShanghaiDate(self.now()).description,
                    ]) { first, _ in first })
            },
        ]
    }
}

extension CalendarChange {
    /// Says where in the request it was, when something is wrong with it.
    fileprivate func pointed<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as ValidationFailure {
            switch self {
            case .years: throw Problem(failures: [failure.within("/text")])
            case .companyDay: throw Problem(failures: [failure.within("/company_day")])
            }
        }
    }
}

extension FieldReader {
    /// `text`, a file of years, or `company_day`, one day of the firm's own.
    mutating func calendarChange(at now: Date) throws -> CalendarChange? {
        guard self.has("company_day") else {
            _ = self.value("company_day")
            return self.parsed("text", longest: 60_000) { text throws(ValidationFailure) in
                guard let json = try? StrictJSON.read(Array(text.utf8)) else {
                    throw ValidationFailure(
                        "calendar_invalid", "内容不是完整的 JSON，请粘贴整个文件", english: "This is no well-formed JSON.")
                }
                return .years(try WorkingCalendar.years(in: json))
            }
        }
        if self.has("text") {
            _ = self.value("text")
            self.fail(
                "calendar_invalid", at: "text", "请一次只改一样：年度安排或公司日", english: "Either a file or a day, not both.")
        }
        return try self.object("company_day", required: true) { fields in
            let day = fields.parsed("day", longest: 10) { text throws(ValidationFailure) in
                let (day, today) = (try ShanghaiDate(parsing: text), ShanghaiDate(now))
                guard day >= today, day <= today.adding(731) else {
                    throw ValidationFailure(
                        "company_day_invalid", "只能改今天起两年内的日子", english: "From today on, within two years.")
                }
                return day
            }
            let kind = fields.parsed("kind", longest: 10) { text throws(ValidationFailure) in
                guard ["open", "closed", "none"].contains(text) else {
                    throw ValidationFailure(
                        "company_day_invalid", "请选择照常上班、放假或取消", english: "One of open, closed and none.")
                }
                return text
            }
            let reason = fields.parsed("reason", required: kind != nil && kind != "none", longest: 1000) {
                text throws(ValidationFailure) in
                let reason = text.trimmed
                guard (1...50).contains(reason.count), reason.unicodeScalars.allSatisfy(Text.isVisible),
                    !PhoneNumber.isTold(in: reason), !IdentityNumber.isTold(in: reason)
                else {
                    throw ValidationFailure(
                        "company_day_invalid", "说明为 1–50 个字，不含电话或证件号码",
                        english: "1–50 characters that can be shown, and no telephone or identity number.")
                }
                return reason
            }
            guard let day, let kind, kind == "none" || reason != nil else { return nil }
            return .companyDay(
                day, kind == "none" ? nil : CompanyDay(isOpen: kind == "open", reason: reason ?? ""))
        }
    }
}
