/// When something shall go wrong, and what.
///
/// In JSON one object: the fields of the rule, and beside them `fault` with the fault's name and the fault's own fields:
/// `{"operations": ["PutObject"], "keyPrefix": "a/", "skip": 2, "times": 1, "fault": "error", "status": 503, "code": "SlowDown", "retryAfter": 1}`.
package struct FaultRule: Codable, Hashable, Sendable {
    /// Names as the counters have them; nil for all.
    package var operations: [String]?
    /// Of the key, or of a listing's prefix; nil for any.
    package var keyPrefix: String?
    /// With which probability a matching request is hit, 0 to 1.
    package var rate: Double
    /// How many matching requests pass before the rule begins.
    package var skip: Int
    /// How many requests are hit at most; nil for no end.
    package var times: Int?
    package var fault: Fault

    package init(
        _ fault: Fault, operations: [Operation]? = nil, keyPrefix: String? = nil, rate: Double = 1, skip: Int = 0, times: Int? = nil
    ) {
        self.fault = fault
        self.operations = operations.map { $0.map(\.rawValue) }
        self.keyPrefix = keyPrefix
        self.rate = rate
        self.skip = skip
        self.times = times
    }

    /// Whether the store must remember its changes for it.
    var needsChanges: Bool { if case .staleListings = fault { true } else { false } }

    private enum Field: String, CodingKey {
        case operations, keyPrefix, rate, skip, times
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        operations = try fields.decodeIfPresent([String].self, forKey: .operations)
        keyPrefix = try fields.decodeIfPresent(String.self, forKey: .keyPrefix)
        rate = try fields.decodeIfPresent(Double.self, forKey: .rate) ?? 1
        skip = try fields.decodeIfPresent(Int.self, forKey: .skip) ?? 0
        times = try fields.decodeIfPresent(Int.self, forKey: .times)
        fault = try Fault(from: decoder)
        if let wrong = operations?.first(where: { Operation(rawValue: $0) == nil }) {
            throw DecodingError.dataCorruptedError(forKey: .operations, in: fields, debugDescription: "there is no operation \(wrong)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encodeIfPresent(operations, forKey: .operations)
        try fields.encodeIfPresent(keyPrefix, forKey: .keyPrefix)
        try fields.encode(rate, forKey: .rate)
        try fields.encode(skip, forKey: .skip)
        try fields.encodeIfPresent(times, forKey: .times)
        try fault.encode(to: encoder)
    }
}
