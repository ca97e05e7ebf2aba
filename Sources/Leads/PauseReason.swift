/// Why a callback task rests: a closed list, so that pauses can be counted and looked at.
package enum PauseReason: String, Sendable, CaseIterable {
    case awaitingVisitor = "awaiting_visitor"
    case visitorAway = "visitor_away"
    case numberUnclear = "number_unclear"
    case other

    /// Whether it says too little without a note.
    package var needsNote: Bool { self == .other }
}
