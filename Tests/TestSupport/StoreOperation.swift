/// The requests of an `ObjectStore`, as counters and fault plans name them.
package enum StoreOperation: String, CaseIterable, Hashable, Sendable {
    case head
    case get
    case put
    case delete
    /// Many keys in one request.
    case deleteBatch
    case copy
    case list
    case createUpload
    case uploadPart
    case copyPart
    case completeUpload
    case abortUpload
    case listParts
    case listUploads
    case append
    case modify
    case truncate
    case rename
    case replaceAttributes
}

/// How often a store was asked, and how many bytes of bodies went either way.
package struct RequestCounts: Hashable, Sendable {
    package private(set) var requests: [StoreOperation: Int] = [:]
    package private(set) var bytesReceived: Int64 = 0
    package private(set) var bytesSent: Int64 = 0

    package init() {}

    package var total: Int { requests.values.reduce(0, +) }

    package subscript(operation: StoreOperation) -> Int { requests[operation, default: 0] }

    mutating func count(_ operation: StoreOperation) {
        requests[operation, default: 0] += 1
    }

    mutating func received(_ bytes: Int) {
        bytesReceived += Int64(bytes)
    }

    mutating func sent(_ bytes: Int) {
        bytesSent += Int64(bytes)
    }
}

extension RequestCounts: CustomStringConvertible {
    /// For budgets that do not hold: `get 1, put 2; 10 bytes received, 20 bytes sent`.
    package var description: String {
        let parts = StoreOperation.allCases.filter { self[$0] > 0 }.map { "\($0.rawValue) \(self[$0])" }
        return "\(parts.joined(separator: ", ")); \(bytesReceived) bytes received, \(bytesSent) bytes sent"
    }
}
