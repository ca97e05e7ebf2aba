import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The receipt behind `receipt_url`: JSON for programs, a page with plain forms for people.
struct ReceiptRoutes: RouteList {
    let receipts: Receipts
    let pages: Pages
    let settings: SettingsStore

    var routes: [Route] {
        [
            Route(.get, "/r/{token}", .visitor, self.show),
            Route(.post, "/r/{token}/window", .visitor, self.changeWindow),
            Route(.post, "/r/{token}/cancel", .visitor, self.cancel),
        ]
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        let receipt = try await self.receipts.receipt(token)
        return self.pages.wantsPage(request)
            ? try self.page(receipt, token) : .json(receipt.json(self.settings.current))
    }

    @Sendable private func changeWindow(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        let form = request.isForm ? try await request.form(context) : nil
        do {
            var fields: FieldReader
            if let form {
                fields = try form.reader("preferred_window", "on")
            } else {
                fields = try FieldReader(try await request.json(context))
            }
            let window = fields.parsed("preferred_window") { text throws(ValidationFailure) in
                guard let window = PreferredWindow(rawValue: text) else {
                    throw ValidationFailure(
                        "window_unavailable", "这个时段已不能选，请另选一个", english: "This window is not offered.")
                }
                return window
            }
            let day = fields.parsed("on", required: false) { text throws(ValidationFailure) in
                try ShanghaiDate(parsing: text)
            }
            try fields.finish()
            guard let window else { throw Problems.internal }
            let receipt = try await self.receipts.changeWindow(token, to: window, on: day)
            return form == nil ? .json(receipt.json(self.settings.current)) : Self.back(to: token)
        } catch let problem as Problem where form != nil && (!problem.failures.isEmpty || problem.status == .conflict) {
            // The receipt again: another window can be chosen at once, or it says that this is over.
            return try self.page(
                try await self.receipts.receipt(token), token, failure: problem.failures.first,
                status: problem.status.http)
        }
    }

    @Sendable private func cancel(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        if request.isForm {
            _ = try await request.form(context)
            do {
                _ = try await self.receipts.cancel(token)
            } catch let problem as Problem where problem.status == .conflict {
                return try self.page(try await self.receipts.receipt(token), token, status: problem.status.http)
            }
            return Self.back(to: token)
        }
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        return .json(try await self.receipts.cancel(token).json(self.settings.current))
    }

    private static func back(to token: String) -> Response {
        Response(status: .seeOther, headers: [.location: "/r/" + token])
    }

    private func page(
        _ receipt: Receipt, _ token: String, failure: ValidationFailure? = nil, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let row = receipt.row
        let chosen = row.task?.window ?? row.window
        var context: [String: Any] = [
            "title": "咨询回执", "promise": PromiseText.sentence(row.dueAt), "state_text": Self.stateText(receipt),
            "accepted_text": ShanghaiDate.timeText(row.acceptedAt), "due_text": ShanghaiDate.timeText(row.dueAt),
            "has_benefits": !self.settings.current.benefits.isEmpty, "benefits": self.benefits(receipt, token),
            "events": receipt.events.map { ["at": ShanghaiDate.timeText($0.at), "text": $0.text] },
            "receipt_path": "/r/" + token, "can_change": receipt.isOpen && !receipt.offer.days.isEmpty,
            "can_cancel": receipt.isOpen, "is_waiting": receipt.state == "waiting" && !receipt.isLate,
            "windows": receipt.offer.windows.map { window, span -> [String: Any] in
                [
                    "value": window.rawValue, "text": "\(window.title) \(span.text)",
                    "is_selected": window.rawValue == chosen,
                ]
            },
            "days": receipt.offer.days.map { day -> [String: Any] in
                [
                    "value": day.description, "text": day.text,
                    "is_selected": receipt.offer.movesPromise && day == ShanghaiDate(row.dueAt),
                ]
            },
        ]
        if let progress = receipt.progress(telephone: self.settings.current.companyTelephone) {
            context["progress"] = progress
        } else if let next = receipt.nextAttemptAt, next > receipt.now {
            context["next_attempt_text"] = ShanghaiDate.timeText(next)
        }
        if let time = receipt.postponedTo, !receipt.isLate { context["postponed_text"] = ShanghaiDate.timeText(time) }
        if let earlier = receipt.movedFrom {
            context["has_moved"] = true
            context["earlier_due_text"] = ShanghaiDate.timeText(earlier)
        }
        if let path = self.receipts.resultPath(receipt) { context["whole_url"] = path }
        if let failure { context["window_error"] = failure.detail }
        return try self.pages.render("receipts/receipt", context, status: status)
    }

    /// What is offered, and what of it was asked for already.
    private func benefits(_ receipt: Receipt, _ token: String) -> [[String: Any]] {
        let asked = Dictionary(receipt.requests.map { ($0.benefit, $0) }, uniquingKeysWith: { first, _ in first })
        return self.settings.current.benefits.map { benefit in
            var context = benefit.offered(by: token).context
            if let request = benefit.id.flatMap({ asked[$0] }) {
                let isSent = benefit.content == .byAdviser
                context["asked_text"] =
                    ShanghaiDate.timeText(request.requestedAt) + (isSent ? " 已登记，由顾问发给您" : " 已领取")
            }
            return context
        }
    }

    private static func stateText(_ receipt: Receipt) -> String {
        if receipt.row.cancelledAt != nil { return "已按您的要求停止这次致电。需要时欢迎再次提交。" }
        if receipt.state == "closed" { return "这次咨询已经结束。需要时欢迎再次提交。" }
        if receipt.isLate { return "很抱歉，没能按约定时间给您致电，我们会尽快与您联系。" }
        // Before the promise was kept there can only have been calls that reached nobody.
        if let last = receipt.calls.last, !last.disposition.isContact { return "上次致电没有联系到您，我们会再打。" }
        return receipt.state == "called" ? "我们已经给您打过电话。" : "已收到，顾问会按时致电。"
    }
}
