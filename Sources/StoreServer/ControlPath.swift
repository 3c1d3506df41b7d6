import Foundation
import NIOHTTP1

/// The requests below `/_store/`, unsigned, for tests on the same machine: counters and faults. See docs/STORE.md.
///
/// * `GET /_store/counters`: `{"PutObject": {"requests": 1, "bytesIn": 5, "bytesOut": 0, "errors": 0}, ...}`
/// * `POST /_store/counters/reset`
/// * `GET`, `PUT`, `DELETE /_store/faults`: an array of `FaultRule`; `PUT /_store/faults?seed=7` begins the sequence of chances anew.
struct ControlPath: Sendable {
    static let prefix = "/_store/"
    let counters: Counters
    let faults: FaultPlan
    let identity: IdentityService

    func respond(_ method: HTTPMethod, _ target: RequestTarget, _ body: RequestBody) async throws -> Response {
        if let response = try await respondOnIdentity(method, target.rawPath.dropFirst(Self.prefix.count), body) { return response }
        switch (method, target.rawPath.dropFirst(Self.prefix.count)) {
        case (.GET, "counters"): return try .json(counters.all)
        case (.POST, "counters/reset"):
            counters.reset()
            return Response(204)
        case (.GET, "faults"): return try .json(faults.rules)
        case (.PUT, "faults"):
            try await setFaults(target, body)
            return Response(204)
        case (.DELETE, "faults"):
            faults.set([], seed: nil)
            return Response(204)
        default: throw ServiceError(404, "NoSuchControl", "There is no such control path")
        }
    }

    private func setFaults(_ target: RequestTarget, _ body: RequestBody) async throws {
        let bytes = try await body.collect(limit: 1 << 20)
        let rules: [FaultRule]
        do {
            rules = try JSONDecoder().decode([FaultRule].self, from: Data(bytes))
        } catch {
            throw ServiceError.invalidArgument("The faults are not an array of rules: \(error)")
        }
        let seed = target["seed"].flatMap { UInt64($0) }
        faults.set(rules, seed: seed)
    }
}
