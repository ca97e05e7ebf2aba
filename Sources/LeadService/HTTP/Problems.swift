/// The problems that more than one operation answers with.
package enum Problems {
    static let malformedJSON = Problem(
        .badRequest, "malformed_json", "请求内容不是规范的 JSON", english: "The body is not well-formed JSON.")
    static let unsupportedMediaType = Problem(
        .unsupportedMediaType, "unsupported_media_type", "请以 application/json 提交，不使用压缩",
        english: "Send application/json without any Content-Encoding.")
    static let noForm = Problem(
        .unsupportedMediaType, "unsupported_media_type", "请用网页上的表单提交",
        english: "Send application/x-www-form-urlencoded without any Content-Encoding.")
    static let tooLarge = Problem(
        .contentTooLarge, "too_large", "提交的内容超过 64 KiB", english: "The body is larger than 64 KiB.")
    static let targetTooLong = Problem(
        .uriTooLong, "target_too_long", "网址过长", english: "The request target is longer than 8 KiB.")
    static let misdirected = Problem(
        .misdirectedRequest, "misdirected_request", "此地址不由本站提供服务", english: "This host is not served here.")
    static let notFound = Problem(
        .notFound, "not_found", "没有找到您要的内容", english: "There is nothing here.")
    static let methodNotAllowed = Problem(
        .methodNotAllowed, "method_not_allowed", "此地址不支持这种请求方式", english: "This address does not take that method.")
    static let gone = Problem(
        .gone, "gone", "内容已删除", english: "This was deleted.")
    static let `internal` = Problem(
        .internalServerError, "internal_error", "服务出现问题，我们已记录，请稍后再试",
        english: "Something went wrong on our side; it was recorded. Please try again later.")
    static let unavailable = Problem(
        .serviceUnavailable, "unavailable", "服务暂时繁忙，请稍后再试，您填写的内容不会丢失",
        english: "The service is briefly unavailable; please repeat the request.", retryAfter: 2)
    static let unauthenticated = Problem(
        .unauthorized, "unauthenticated", "请先登录", english: "Please log in.")
    static let forbidden = Problem(
        .forbidden, "forbidden", "您的角色不能进行此操作", english: "Your role may not do this.")
    static let crossSite = Problem(
        .forbidden, "cross_site", "请求不是从本站页面发出的", english: "The request did not come from our own pages.")
    static let passwordChangeRequired = Problem(
        .forbidden, "password_change_required", "请先修改一次性密码", english: "Change the one-time password first.")
    static let stepUpRequired = Problem(
        .forbidden, "step_up_required", "距上次验证身份已超过 5 分钟，请先确认密码或动态码",
        english: "The last login or step-up is older than five minutes: give the password or a code again.")
    static let totpRequired = Problem(
        .forbidden, "totp_required", "您的角色需要先开通动态码", english: "Your role sets up a second factor first.")
    static let idempotencyKeyInvalid = Problem(
        .badRequest, "idempotency_key_invalid", "Idempotency-Key 应为 1–128 个可见 ASCII 字符，且只出现一次",
        english: "Idempotency-Key takes 1–128 visible ASCII characters, once.")

    static func tooManyRequests(retryAfter: Int) -> Problem {
        Problem(
            .tooManyRequests, "too_many_requests", "操作过于频繁，请在 \(max(1, retryAfter)) 秒后再试",
            english: "Too many requests; try again in \(max(1, retryAfter)) seconds.", retryAfter: max(1, retryAfter))
    }

    /// A status in words, for the title of a problem.
    static func title(of status: Problem.Status, code: String = "", english: Bool = false) -> String {
        let (chinese, inEnglish) =
            switch status {
            case .badRequest: ("请求有误", "Bad request")
            case .unauthorized where code == "signature_invalid": ("签名未通过", "Signature refused")
            case .unauthorized: ("需要登录", "Login required")
            case .forbidden: ("没有权限", "Not allowed")
            case .notFound: ("没有找到", "Not found")
            case .methodNotAllowed: ("不支持的请求方式", "Method not allowed")
            case .requestTimeout: ("请求超时", "Request timeout")
            case .conflict: ("与现有内容冲突", "Conflict")
            case .gone: ("已不存在", "Gone")
            case .preconditionFailed: ("内容已有变化", "Changed meanwhile")
            case .contentTooLarge: ("内容过大", "Content too large")
            case .uriTooLong: ("网址过长", "Address too long")
            case .unsupportedMediaType: ("不支持的内容类型", "Unsupported content type")
            case .misdirectedRequest: ("地址有误", "Misdirected request")
            case .unprocessableContent: ("内容需要修改", "Content needs a change")
            case .tooManyRequests: ("请求过于频繁", "Too many requests")
            case .requestHeaderFieldsTooLarge: ("请求头过大", "Header fields too large")
            case .serviceUnavailable: ("暂时繁忙", "Briefly unavailable")
            case .internalServerError: ("服务出现问题", "Something went wrong")
            }
        return english ? inEnglish : chinese
    }
}
