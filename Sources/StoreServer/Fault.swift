/// One way to go wrong. Names and fields in JSON are those of the cases and their labels.
package enum Fault: Hashable, Sendable {
    /// Waits before the request is looked at, up to `jitter` longer. In milliseconds.
    case latency(milliseconds: Int, jitter: Int = 0)
    /// Answers an error instead of doing the work. `retryAfter` in seconds.
    case error(status: Int, code: String, retryAfter: Int? = nil)
    /// Breaks the connection at `point`; `afterBytes` of the body where the point lies in one.
    case reset(ResetPoint, afterBytes: Int64 = 0)
    /// Sends the answer without its last `bytes` bytes and ends the connection.
    case truncate(bytes: Int64)
    /// Announces `difference` bytes more or fewer than are sent, and ends the connection.
    case contentLength(difference: Int64)
    /// Flips one bit in each of `bytes` bytes of the answer's body.
    case corrupt(bytes: Int)
    /// Answers a listing with something that is no XML.
    case garbage
    /// Says nothing for that long once `afterBytes` of the answer's body are sent (nil: before the answer), then goes on.
    case stall(milliseconds: Int, afterBytes: Int64? = nil)
    /// The server's clock is so many seconds ahead.
    case clockSkew(seconds: Int64)

    /// Listings do not show the writes of the last so many milliseconds, or the last so many writes, whichever is more.
    case staleListings(milliseconds: Int64? = nil, writes: Int? = nil)

    /// Where a connection breaks.
    package enum ResetPoint: String, Codable, Hashable, Sendable {
        /// Before anything is done.
        case beforeWork
        /// While the request's body is being received.
        case inRequest
        /// The work is done, and nobody is told.
        case beforeAnswer
        /// After the answer's headers.
        case afterHeaders
        /// In the middle of the answer's body.
        case inBody
    }
}

extension Fault: Codable {
    private enum Field: String, CodingKey {
        case fault, milliseconds, jitter, status, code, retryAfter, point, afterBytes, bytes, difference, seconds, writes
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        let afterBytes = try fields.decodeIfPresent(Int64.self, forKey: .afterBytes)
        let name = try fields.decode(String.self, forKey: .fault)
        switch name {
        case "latency":
            self = .latency(
                milliseconds: try fields.decode(Int.self, forKey: .milliseconds), jitter: try fields.decodeIfPresent(Int.self, forKey: .jitter) ?? 0)
        case "error":
            self = .error(
                status: try fields.decode(Int.self, forKey: .status), code: try fields.decode(String.self, forKey: .code),
                retryAfter: try fields.decodeIfPresent(Int.self, forKey: .retryAfter))
        case "reset": self = .reset(try fields.decode(ResetPoint.self, forKey: .point), afterBytes: afterBytes ?? 0)
        case "truncate": self = .truncate(bytes: try fields.decode(Int64.self, forKey: .bytes))
        case "contentLength": self = .contentLength(difference: try fields.decode(Int64.self, forKey: .difference))
        case "corrupt": self = .corrupt(bytes: try fields.decode(Int.self, forKey: .bytes))
        case "garbage": self = .garbage
        case "stall": self = .stall(milliseconds: try fields.decode(Int.self, forKey: .milliseconds), afterBytes: afterBytes)
        case "clockSkew": self = .clockSkew(seconds: try fields.decode(Int64.self, forKey: .seconds))
        case "staleListings":
            self = .staleListings(
                milliseconds: try fields.decodeIfPresent(Int64.self, forKey: .milliseconds),
                writes: try fields.decodeIfPresent(Int.self, forKey: .writes))
        default: throw DecodingError.dataCorruptedError(forKey: .fault, in: fields, debugDescription: "there is no fault \(name)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(name, forKey: .fault)
        switch self {
        case .latency(let milliseconds, let jitter):
            try fields.encode(milliseconds, forKey: .milliseconds)
            try fields.encode(jitter, forKey: .jitter)
        case .error(let status, let code, let retryAfter):
            try fields.encode(status, forKey: .status)
            try fields.encode(code, forKey: .code)
            try fields.encodeIfPresent(retryAfter, forKey: .retryAfter)
        case .reset(let point, let afterBytes):
            try fields.encode(point, forKey: .point)
            try fields.encode(afterBytes, forKey: .afterBytes)
        case .truncate(let bytes): try fields.encode(bytes, forKey: .bytes)
        case .contentLength(let difference): try fields.encode(difference, forKey: .difference)
        case .corrupt(let bytes): try fields.encode(bytes, forKey: .bytes)
        case .garbage: break
        case .stall(let milliseconds, let afterBytes):
            try fields.encode(milliseconds, forKey: .milliseconds)
            try fields.encodeIfPresent(afterBytes, forKey: .afterBytes)
        case .clockSkew(let seconds): try fields.encode(seconds, forKey: .seconds)
        case .staleListings(let milliseconds, let writes):
            try fields.encodeIfPresent(milliseconds, forKey: .milliseconds)
            try fields.encodeIfPresent(writes, forKey: .writes)
        }
    }

    private var name: String {
        switch self {
        case .latency: "latency"
        case .error: "error"
        case .reset: "reset"
        case .truncate: "truncate"
        case .contentLength: "contentLength"
        case .corrupt: "corrupt"
        case .garbage: "garbage"
        case .stall: "stall"
        case .clockSkew: "clockSkew"
        case .staleListings: "staleListings"
        }
    }
}
