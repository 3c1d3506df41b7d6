package import ObjectStorage

/// What a decorator must know of a request without knowing its verb.
package struct StoreCall: Sendable {
    package let kind: RequestKind
    /// What the request is by itself; `RequestClass.current` may say otherwise.
    let ownClass: RequestClass
    /// Whose answers are another after it; all keys below those that end in a slash, too.
    package let changes: [Key]

    package init(_ kind: RequestKind, _ ownClass: RequestClass, changes: [Key] = []) {
        self.kind = kind
        self.ownClass = ownClass
        self.changes = changes
    }

    /// A question.
    static func asking(_ kind: RequestKind) -> StoreCall {
        StoreCall(kind, kind == .head || kind == .list ? .interactive : .read)
    }

    /// A request with a body of `count` bytes.
    static func sending(_ count: Int64, changes: [Key]) -> StoreCall { StoreCall(.upload(count), .upload, changes: changes) }

    static func changing(_ keys: [Key]) -> StoreCall { StoreCall(.change, .interactive, changes: keys) }

    /// Bytes that the store moves by itself, which takes as long as sending them.
    static func copying(to keys: [Key]) -> StoreCall { StoreCall(.change, .upload, changes: keys) }

    package var requestClass: RequestClass { RequestUrgency.current?.requestClass ?? RequestClass.current ?? ownClass }
}
