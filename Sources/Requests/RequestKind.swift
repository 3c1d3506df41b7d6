/// Requests whose times can be compared with one another.
package enum RequestKind: Hashable, Sendable, CaseIterable {
    case head
    case list
    /// GET of at most 64 KiB.
    case smallGet
    /// GET of at most 1 MiB.
    case mediumGet
    case largeGet
    /// A body of at most 64 KiB sent: so short that the time is the store's and not the network's.
    case smallUpload
    case upload
    /// Deletes, copies, the frame of multipart uploads: as different from each other as their objects are.
    case change

    /// For people and for metrics.
    package var name: String {
        switch self {
        case .head: "head"
        case .list: "list"
        case .smallGet: "get-small"
        case .mediumGet: "get-medium"
        case .largeGet: "get-large"
        case .smallUpload: "put-small"
        case .upload: "put"
        case .change: "change"
        }
    }

    private static let small: Int64 = 64 << 10
    private static let medium: Int64 = 1 << 20

    /// `count` in bytes; nil for all of an object whose size nobody knows.
    static func get(_ count: Int64?) -> RequestKind {
        guard let count else { return .largeGet }
        return count <= small ? .smallGet : count <= medium ? .mediumGet : .largeGet
    }

    /// A request with a body of `count` bytes.
    static func upload(_ count: Int64) -> RequestKind { count <= small ? .smallUpload : .upload }

    /// Sending it twice is the same as sending it once.
    package var mayBeHedged: Bool {
        switch self {
        case .head, .list, .smallGet, .mediumGet, .largeGet: true
        case .smallUpload, .upload, .change: false
        }
    }

    /// The time to its answer's first byte tells how busy the store is, and not how much was asked of it.
    package var tellsLoad: Bool { mayBeHedged || self == .smallUpload }
}
