import Foundation
import NIOCore

/// Reads `multipart/form-data` (RFC 7578) piece by piece: the fields first, then the file, which is the last part that counts.
struct FormReader {
    /// In bytes, of all fields together.
    private static let largestFields = 64 << 10

    private let body: RequestBody
    /// With the line break before it.
    private let delimiter: [UInt8]
    private var buffer: [UInt8]

    /// Nil where the type names no boundary.
    init?(contentType: String, _ body: RequestBody) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"), let range = contentType.range(of: "boundary=") else { return nil }
        let boundary = contentType[range.upperBound...].prefix { $0 != ";" }.trimmingQuotes
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        self.body = body
        delimiter = Array("\r\n--\(boundary)".utf8)
        // So that the first one begins like all others.
        buffer = Array("\r\n".utf8)
    }

    /// The file as its part says it is.
    struct File {
        var name: String
        var type: String?
    }

    /// The fields before the file, by their names in lower case. The file is next.
    mutating func fields() async throws -> (fields: [NamedValue], file: File) {
        var fields: [NamedValue] = []
        var total = 0
        try await skipDelimiter()
        while true {
            let head = try await take(until: Array("\r\n\r\n".utf8))
            guard let (name, fileName, type) = Self.disposition(head) else { throw ServiceError.malformedForm }
            if name == "file" {
                return (fields, File(name: fileName ?? "", type: type))
            }
            let value = try await take(until: delimiter)
            total += value.count
            guard total <= Self.largestFields else { throw ServiceError.malformedForm }
            fields.append(NamedValue(name.lowercased(), String(decoding: value, as: UTF8.self)))
            try await endDelimiter()
        }
    }

    /// The file's next bytes; nil after the last.
    mutating func fileBytes() async throws -> [UInt8]? {
        while true {
            if let index = buffer.firstRange(of: delimiter) {
                let bytes = Array(buffer[..<index.lowerBound])
                buffer.removeFirst(bytes.count)
                return bytes.isEmpty ? nil : bytes
            }
            let certain = buffer.count - delimiter.count
            if certain > 0 {
                defer { buffer.removeFirst(certain) }
                return Array(buffer[..<certain])
            }
            try await more()
        }
    }

    private mutating func skipDelimiter() async throws {
        _ = try await take(until: delimiter)
        try await endDelimiter()
    }

    /// What is after a delimiter: a line break, or `--` after the last.
    private mutating func endDelimiter() async throws {
        while buffer.count < 2 { try await more() }
        guard buffer.starts(with: "\r\n".utf8) else { throw ServiceError.malformedForm }
        buffer.removeFirst(2)
    }

    private mutating func take(until end: [UInt8]) async throws -> [UInt8] {
        while true {
            if let range = buffer.firstRange(of: end) {
                let bytes = Array(buffer[..<range.lowerBound])
                buffer.removeFirst(range.upperBound)
                return bytes
            }
            guard buffer.count <= Self.largestFields else { throw ServiceError.malformedForm }
            try await more()
        }
    }

    private mutating func more() async throws {
        guard let next = try await body.next() else { throw ServiceError.malformedForm }
        buffer.append(contentsOf: next.readableBytesView)
    }

    private static func disposition(_ head: [UInt8]) -> (name: String, fileName: String?, type: String?)? {
        var name: String?
        var fileName: String?
        var type: String?
        for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmed
            switch line[..<colon].lowercased() {
            case "content-type": type = String(value)
            case "content-disposition":
                for parameter in value.split(separator: ";").map(\.trimmed) {
                    if parameter.hasPrefix("name=") { name = String(parameter.dropFirst(5).trimmingQuotes) }
                    if parameter.hasPrefix("filename=") { fileName = String(parameter.dropFirst(9).trimmingQuotes) }
                }
            default: break
            }
        }
        return name.map { ($0, fileName, type) }
    }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate var trimmingQuotes: Substring {
        count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? dropFirst().dropLast() : self[...]
    }
}

extension ServiceError {
    static let malformedForm = ServiceError(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
}
