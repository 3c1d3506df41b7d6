import Foundation

/// What a form's policy allows it to contain.
///
/// Source: "Creating a POST Policy", Amazon S3 API Reference.
package struct FormPolicy: Sendable {
    enum Condition: Hashable, Sendable {
        case equals(name: String, value: String)
        case startsWith(name: String, prefix: String)
        case length(ClosedRange<Int64>)
    }

    let expiration: StoreTime
    let conditions: [Condition]

    package init(base64: String) throws(ServiceError) {
        guard let bytes = Base64.decode(base64), let document = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let expiration = (document["expiration"] as? String).flatMap({ StoreTime(iso: $0) }), let list = document["conditions"] as? [Any]
        else { throw .invalidPolicy("Invalid JSON, or no expiration or conditions.") }
        self.expiration = expiration
        var conditions: [Condition] = []
        for item in list { conditions += try Self.conditions(item) }
        self.conditions = conditions
    }

    private static func conditions(_ item: Any) throws(ServiceError) -> [Condition] {
        if let fields = item as? [String: Any] {
            return fields.compactMap { name, value in (value as? String).map { .equals(name: name.lowercased(), value: $0) } }
        }
        guard let list = item as? [Any], list.count == 3, let kind = list[0] as? String else { throw .invalidPolicy("Invalid condition.") }
        if kind == "content-length-range", let least = number(list[1]), let most = number(list[2]), least <= most { return [.length(least...most)] }
        guard let name = list[1] as? String, name.hasPrefix("$"), let value = list[2] as? String else { throw .invalidPolicy("Invalid condition.") }
        switch kind.lowercased() {
        case "eq": return [.equals(name: name.dropFirst().lowercased(), value: value)]
        case "starts-with": return [.startsWith(name: name.dropFirst().lowercased(), prefix: value)]
        default: throw .invalidPolicy("Invalid condition.")
        }
    }

    private static func number(_ value: Any) -> Int64? {
        (value as? NSNumber)?.int64Value ?? (value as? String).flatMap { Int64($0) }
    }

    /// Fields that need no condition.
    private static func isFree(_ name: String) -> Bool {
        ["awsaccesskeyid", "accesskeyid", "signature", "policy", "x-amz-signature", "file", "token"].contains(name) || name.hasPrefix("x-ignore-")
    }

    /// `fields` with the bucket among them. Every one must be covered, and every condition hold.
    package func check(_ fields: [String: String], now: StoreTime) throws(ServiceError) {
        guard now < expiration else { throw .policyFailed("Policy expired.") }
        var covered: Set<String> = ["bucket"]
        for condition in conditions {
            switch condition {
            case .equals(let name, let value):
                covered.insert(name)
                guard fields[name] == value else { throw .policyFailed("Policy Condition failed: [\"eq\", \"$\(name)\", \"\(value)\"]") }
            case .startsWith(let name, let prefix):
                covered.insert(name)
                guard fields[name]?.hasPrefix(prefix) ?? prefix.isEmpty else {
                    throw .policyFailed("Policy Condition failed: [\"starts-with\", \"$\(name)\", \"\(prefix)\"]")
                }
            case .length: break
            }
        }
        if let extra = fields.keys.first(where: { !covered.contains($0) && !Self.isFree($0) }) {
            throw .policyFailed("Extra input fields: \(extra)")
        }
    }

    /// How many bytes the file may have.
    package var lengths: ClosedRange<Int64>? {
        conditions.lazy.compactMap { if case .length(let range) = $0 { range } else { nil } }.first
    }
}

extension ServiceError {
    static func invalidPolicy(_ message: String) -> ServiceError { ServiceError(400, "InvalidPolicyDocument", "Invalid Policy: \(message)") }
    static func policyFailed(_ message: String) -> ServiceError {
        ServiceError(403, "AccessDenied", "Invalid according to Policy: \(message)")
    }
}
