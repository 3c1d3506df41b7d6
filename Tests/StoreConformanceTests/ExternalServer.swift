import ConformanceSupport
import Foundation

/// A server that was started outside the tests, as `WINDLASS_TEST_SERVERS` describes it.
///
/// The variable names a JSON file: a list of objects with these properties; `traits` is `{"missing": {FEATURE: REASON}}`.
struct ExternalServer: Codable, Hashable, Sendable {
    var name: String
    var endpoint: String
    var accessKey: String
    var secretKey: String
    var region: String
    var traits: StoreTraits?
    /// Nil for version 4.
    var signature: String?

    /// The same server, spoken to with the older signature.
    var signedByVersion2: ExternalServer {
        var copy = self
        copy.name += " (V2)"
        copy.signature = "v2"
        return copy
    }

    /// None where the variable is not set; a file that cannot be read is an error, since its tests would silently not run.
    static func configured(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [ExternalServer] {
        guard let path = environment["WINDLASS_TEST_SERVERS"], !path.isEmpty else { return [] }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try JSONDecoder().decode([ExternalServer].self, from: data)
    }
}
