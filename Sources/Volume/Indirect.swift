/// A value out of line: what most of those who could have one do not have, or seldom look at, takes one word in them.
///
/// A change makes a new one, so it may be shared.
final class Indirect<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
