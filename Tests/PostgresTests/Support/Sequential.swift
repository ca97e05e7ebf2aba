import Testing

/// Tests that measure time, start servers or keep the processors busy run one after the other.
@Suite("One after the other", .serialized)
enum Sequential {}
