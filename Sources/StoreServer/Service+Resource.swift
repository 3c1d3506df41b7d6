import Foundation
import NIOHTTP1
import ObjectStorage

/// IBM's Resource Configuration API, which here answers at the same address: `/v1/b/BUCKET`. No bucket has a name of two letters.
extension Service {
    private static let quota = "quota"
    private static let firewall = "firewall"

    /// The bucket that a request is about; nil where it is a request of S3.
    static func resourceBucket(_ name: ResourceName, _ dialect: Dialect) -> String? {
        guard dialect.service == .cos, name.bucket == "v1", let key = name.key?.description, key.hasPrefix("b/") else { return nil }
        return String(key.dropFirst(2))
    }

    func getResource(_ request: Request) throws -> Response {
        let bucket = try resource(request)
        let usage = usage(of: bucket)
        let firewall = bucket.settings[Self.firewall].flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }
        var document: [String: Any] = [
            "name": bucket.name, "crn": "crn:v1:windlass:\(bucket.name)", "service_instance_id": "windlass", "time_created": bucket.created.isoText,
            "object_count": usage.objects, "bytes_used": usage.size, "hard_quota": Int64(bucket.settings[Self.quota] ?? "") ?? 0,
        ]
        document["firewall"] = firewall
        let bytes = try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys])
        return Response(200, headers: ["Content-Type": "application/json"], body: .bytes(Array(bytes)))
    }

    /// Changes the members that are named.
    func patchResource(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try resource(request)
        let receiver = try BodyReceiver(request, claim, maximum: 1 << 20)
        var sink = MemorySink()
        _ = try await receiver.receive(into: &sink)
        guard let document = try? JSONSerialization.jsonObject(with: Data(sink.bytes)) as? [String: Any] else {
            throw ServiceError(400, "invalid_request", "The document is no JSON object")
        }
        guard Set(document.keys).isSubset(of: ["hard_quota", "firewall"]) else { throw ServiceError(400, "invalid_request", "Unknown member") }
        if let value = document["hard_quota"] {
            guard let number = (value as? NSNumber)?.int64Value, number >= 0 else { throw ServiceError(400, "invalid_request", "hard_quota") }
            try bucket.settings.change { $0[Self.quota] = number == 0 ? nil : String(number) }
        }
        if let value = document["firewall"] as? [String: Any] {
            let text = String(decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]), as: UTF8.self)
            try bucket.settings.change { $0[Self.firewall] = value.isEmpty ? nil : text }
        }
        return Response(204)
    }

    /// The real service knows tokens only.
    private func resource(_ request: Request) throws(ServiceError) -> Bucket {
        guard request.header("authorization")?.lowercased().hasPrefix("bearer ") == true else { throw .accessDenied }
        guard let name = Self.resourceBucket(request.name, dialect) else { throw .methodNotAllowed }
        return try folder.bucket(name)
    }
}
