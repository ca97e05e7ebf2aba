/// The names of the statements that one connection has prepared, by their text and the types of their parameters.
struct StatementCache {
    struct Key: Hashable {
        let sql: String
        let types: [UInt32]
    }

    private struct Entry {
        let name: String
        var lastUse: Int
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var uses = 0
    private var nextName = 0

    init(capacity: Int = 256) {
        self.capacity = capacity
    }

    mutating func name(for key: Key) -> String? {
        guard let index = self.entries.index(forKey: key) else { return nil }
        self.uses += 1
        self.entries.values[index].lastUse = self.uses
        return self.entries.values[index].name
    }

    mutating func makeName() -> String {
        self.nextName += 1
        return "s\(self.nextName)"
    }

    /// Remembers a prepared statement and returns the name of the one that has to make room for it.
    mutating func insert(_ name: String, for key: Key) -> String? {
        var evicted: String?
        if self.entries.count >= self.capacity,
            let oldest = self.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            self.entries[oldest.key] = nil
            evicted = oldest.value.name
        }
        self.uses += 1
        self.entries[key] = Entry(name: name, lastUse: self.uses)
        return evicted
    }

    mutating func remove(_ key: Key) -> String? {
        self.entries.removeValue(forKey: key)?.name
    }

    /// Whether a statement is of the kind that the server plans, so that preparing it pays.
    static func isWorthPreparing(_ sql: String) -> Bool {
        let verb = sql.utf8.drop(while: { $0 <= 0x20 }).prefix(while: { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A })
        guard verb.count >= 4, verb.count <= 6 else { return false }
        return ["select", "insert", "update", "delete", "with", "values", "merge", "table"].contains(
            String(Substring(verb)).lowercased())
    }
}
