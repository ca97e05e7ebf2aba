import Foundation
import LeadService
import Testing

/// Every code of the vendors means what their documentation says.
@Suite struct SMSOutcomeTests {
    @Test(arguments: [
        ("isv.BUSINESS_LIMIT_CONTROL", "number_throttled"), ("isv.DAY_LIMIT_CONTROL", "account_throttled"),
        ("isv.MONTH_LIMIT_CONTROL", "account_throttled"), ("Throttling", "account_throttled"),
        ("Throttling.User", "account_throttled"), ("isv.AMOUNT_NOT_ENOUGH", "no_funds"),
        ("isv.OUT_OF_SERVICE", "no_funds"), ("isv.MOBILE_NUMBER_ILLEGAL", "number_bad"),
        ("isv.MOBILE_COUNT_OVER_LIMIT", "number_bad"), ("isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "number_bad"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "config_bad"), ("isv.SMS_TEMPLATE_ILLEGAL", "config_bad"),
        ("isv.SMS_SIGNATURE_ILLEGAL", "config_bad"), ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", "config_bad"),
        ("isv.SMS_SIGN_ILLEGAL", "config_bad"), ("isv.TEMPLATE_MISSING_PARAMETERS", "config_bad"),
        ("isv.INVALID_JSON_PARAM", "config_bad"), ("isv.PARAM_LENGTH_LIMIT", "config_bad"),
        ("isv.PARAM_NOT_SUPPORT_URL", "config_bad"), ("isv.SMS_CONTENT_ILLEGAL", "config_bad"),
        ("isv.EXTEND_CODE_ERROR", "config_bad"), ("isv.PRODUCT_UNSUBSCRIBE", "config_bad"),
        ("isv.PRODUCT_UN_SUBSCRIPT", "config_bad"), ("isv.ACCOUNT_NOT_EXISTS", "config_bad"),
        ("isv.ACCOUNT_ABNORMAL", "config_bad"), ("isp.RAM_PERMISSION_DENY", "config_bad"),
        ("isv.DENY_IP_RANGE", "config_bad"), ("isv.INVALID_PARAMETERS", "config_bad"),
        ("isp.SYSTEM_ERROR", "transient"), ("SignatureDoesNotMatch", "config_bad"),
        ("IncompleteSignature", "config_bad"), ("InvalidAccessKeyId.NotFound", "config_bad"),
        ("InvalidTimeStamp.Expired", "config_bad"), ("InvalidTimeStamp.Format", "config_bad"),
        ("InvalidAction", "config_bad"), ("SignatureNonceUsed", "unknown"), ("ServiceUnavailable", "transient"),
        ("InternalError", "transient"), ("isv.NOBODY_KNOWS", "config_bad"), ("NobodyKnows", "transient"),
    ])
    func `Aliyun's code`(code: String, expected: String) {
        #expect(AliyunSMSGateway.outcome(of: code).className == expected)
    }

    @Test(arguments: [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", "number_throttled"),
        ("LimitExceeded.PhoneNumberOneHourLimit", "number_throttled"),
        ("LimitExceeded.PhoneNumberDailyLimit", "number_throttled"),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", "number_throttled"),
        ("LimitExceeded.DeliveryFrequencyLimit", "number_throttled"), ("RequestLimitExceeded", "account_throttled"),
        ("LimitExceeded.AppDailyLimit", "account_throttled"),
        ("LimitExceeded.AppMainlandChinaDailyLimit", "account_throttled"),
        ("LimitExceeded.DailyLimit", "account_throttled"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "no_funds"),
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", "no_funds"),
        ("FailedOperation.PhoneNumberInBlacklist", "number_blocked"),
        ("InvalidParameterValue.IncorrectPhoneNumber", "number_bad"),
        ("FailedOperation.PhoneNumberParseFail", "number_bad"),
        ("FailedOperation.SignatureIncorrectOrUnapproved", "config_bad"),
        ("FailedOperation.TemplateIncorrectOrUnapproved", "config_bad"),
        ("FailedOperation.ContainSensitiveWord", "config_bad"),
        ("FailedOperation.MarketingSendTimeConstraint", "config_bad"),
        ("InvalidParameterValue.TemplateParameterFormatError", "config_bad"),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", "config_bad"), ("AuthFailure.SignatureExpire", "config_bad"),
        ("MissingParameter", "config_bad"), ("MissingParameter.EmptyPhoneNumberSet", "config_bad"),
        ("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", "config_bad"),
        ("InternalError.Timeout", "unknown"), ("InternalError.SendAndRecvFail", "unknown"),
        ("InternalError.RequestTimeException", "transient"), ("InternalError.OtherError", "transient"),
        ("NobodyKnows", "transient"),
    ])
    func `Tencent's code`(code: String, expected: String) {
        #expect(TencentSMSGateway.outcome(of: code).className == expected)
    }

    @Test func `only what another gateway may do better goes there`() {
        let elsewhere = Refusal.allCases.filter(\.mayGoElsewhere)
        #expect(elsewhere == [.accountThrottled, .noFunds, .configBad, .transient])
    }

    @Test func `three failures open the breaker, one probe closes it or makes the pause longer`() {
        let start = Date(timeIntervalSince1970: 1_795_573_800)
        func at(_ seconds: TimeInterval) -> Date { start.addingTimeInterval(seconds) }
        let breaker = CircuitBreaker()
        for _ in 0..<2 { breaker.record(isHealthy: false, at: at(0)) }
        breaker.record(isHealthy: true, at: at(0))
        for _ in 0..<2 { breaker.record(isHealthy: false, at: at(0)) }
        #expect(breaker.state == .closed && breaker.admits(at: at(0)))
        breaker.record(isHealthy: false, at: at(0))
        #expect(breaker.state == .open && !breaker.admits(at: at(9.9)) && breaker.opensAgain(after: at(1)) == at(10))
        breaker.record(isHealthy: true, at: at(1))
        #expect(breaker.state == .open, "an answer to a message that went before it opened")
        #expect(breaker.admits(at: at(10)) && breaker.state == .halfOpen && !breaker.admits(at: at(10)))
        breaker.record(isHealthy: false, at: at(13))
        #expect(!breaker.admits(at: at(32.9)) && breaker.admits(at: at(33)))
        #expect(!breaker.admits(at: at(52)) && breaker.admits(at: at(53)), "a probe that never came back")
        breaker.record(isHealthy: true, at: at(54))
        #expect(breaker.state == .closed)
    }

    @Test func `however long a gateway fails it is asked every twenty seconds, and every ten where it is the last way`()
    {
        let start = Date(timeIntervalSince1970: 1_795_573_800)
        let breaker = CircuitBreaker()
        var now = start
        for _ in 0..<3 { breaker.record(isHealthy: false, at: now) }
        for pause in [10.0, 20, 20, 20, 20] {
            #expect(!breaker.admits(at: now.addingTimeInterval(pause - 0.1)))
            now.addTimeInterval(pause)
            #expect(breaker.admits(at: now))
            breaker.record(isHealthy: false, at: now)
        }
        #expect(!breaker.admits(at: now.addingTimeInterval(9.9), isLastWay: true))
        #expect(breaker.opensAgain(after: now) == now.addingTimeInterval(10))
        #expect(!breaker.admits(at: now.addingTimeInterval(10)))
        #expect(breaker.admits(at: now.addingTimeInterval(10), isLastWay: true))
    }

    @Test func `a gateway that says for how long is left alone for that long, also where it is the last way`() {
        let start = Date(timeIntervalSince1970: 1_795_573_800)
        func at(_ seconds: TimeInterval) -> Date { start.addingTimeInterval(seconds) }
        let breaker = CircuitBreaker()
        breaker.record(.refused(failure: "status_429", as: .accountThrottled, rests: 30), at: start)
        #expect(breaker.state == .open && !breaker.admits(at: at(29.9), isLastWay: true))
        #expect(breaker.opensAgain(after: at(1)) == at(30))
        #expect(breaker.admits(at: at(30)))
        breaker.record(.refused(failure: "status_429", as: .accountThrottled, rests: 60), at: at(30))
        breaker.record(.refused(failure: "status_429", as: .accountThrottled, rests: 5), at: at(31))
        #expect(!breaker.admits(at: at(89)) && breaker.admits(at: at(90)), "a shorter rest ends no longer one")
        breaker.record(.accepted(vendorID: nil), at: at(31))
        #expect(breaker.state == .closed)
        breaker.record(.refused(failure: "status_429", as: .accountThrottled), at: at(32))
        #expect(breaker.state == .closed, "one that does not say is one failure of three")
    }

    @Test(arguments: ["退订", "T", "td", " Ｔ ", "R.", "【退订】", "n"])
    func `an answer that asks for no more`(text: String) { #expect(DeliveryReports.meansStop(text)) }

    @Test(arguments: ["", "退订吗", "请回电", "TT", "不退订", "1", "👍"])
    func `an answer that asks for nothing of the kind`(text: String) { #expect(!DeliveryReports.meansStop(text)) }

    @Test func `a vendor's code holds no number and no text`() {
        #expect(VendorCode.clean("isv.BUSINESS_LIMIT_CONTROL") == "isv.BUSINESS_LIMIT_CONTROL")
        #expect(VendorCode.clean("13800000001") == nil)
        #expect(VendorCode.clean("验证码 482913") == nil)
        #expect(VendorCode.clean("a b\n<c>") == "abc")
    }
}
