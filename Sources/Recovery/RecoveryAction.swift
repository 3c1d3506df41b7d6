/// What a user asks for files that are kept on the local disk.
package enum RecoveryAction: Sendable, Hashable {
    /// Upload again, under the condition of the first time.
    case retry
    /// Upload under another name beside the object.
    case keepBoth
    /// Give up what was written.
    case discard
    /// Take notes of copies off the list; the objects stay.
    case acknowledge
    /// Write what was written below this folder; the state folder stays as it is.
    case export(String)
}
