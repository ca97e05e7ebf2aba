extension Disposition {
    /// How the visitor is told that a call ended, without the words advisers use among themselves.
    package var textForVisitor: String {
        switch self {
        case .reachedInterested, .reachedNeedMaterials, .reachedNotInterested, .notEligible, .converted: "已通话"
        case .callBackAt: "已通话，约定再次致电"
        case .noAnswer: "致电未接"
        case .busyOrRejected: "致电占线"
        case .poweredOff: "致电时手机无法接通"
        case .wrongPerson: "接听的不是您本人"
        case .doNotCall: "已通话，不再致电"
        case .duplicate, .spam: "没有致电"
        }
    }
}
