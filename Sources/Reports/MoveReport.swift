/// A rename of a folder, or an exchange, that is under way in a mount.
package struct MoveReport: Codable, Hashable, Sendable {
    /// Keys.
    package var from: String
    package var to: String
    /// Copies and deletions made so far, of so many; a total of 0 is not known.
    package var done: Int
    package var total: Int
    /// It was refused by the store, and is tried again every few seconds; its names cannot be used until then.
    package var isStuck: Bool

    package init(from: String, to: String, done: Int, total: Int, isStuck: Bool) {
        self.from = from
        self.to = to
        self.done = done
        self.total = total
        self.isStuck = isStuck
    }
}
