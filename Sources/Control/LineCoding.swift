internal import Foundation

/// The protocol's lines: JSON without line breaks.
enum LineCoding {
    /// In bytes; a request names keys, an answer may be a whole status.
    static let longestRequest = 1 << 20
    static let longestAnswer = 8 << 20

    static func encode(_ value: some Encodable) throws(ControlError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw ControlError(.malformed, "cannot be put as JSON: \(error)")
        }
    }

    static func request(_ line: [UInt8]) throws(ControlError) -> ControlRequest {
        let version = try decode(Version.self, line).version
        guard version == ControlRequest.currentVersion else {
            throw ControlError(
                .malformed, "the mount speaks version \(ControlRequest.currentVersion) and was asked in version \(version); use the same program")
        }
        return try decode(ControlRequest.self, line)
    }

    static func answer(_ line: [UInt8]) throws(ControlError) -> ControlAnswer {
        try decode(ControlAnswer.self, line)
    }

    private struct Version: Decodable {
        let version: Int
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ line: [UInt8]) throws(ControlError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line))
        } catch {
            throw ControlError(.malformed, "a line is not of the protocol")
        }
    }
}
