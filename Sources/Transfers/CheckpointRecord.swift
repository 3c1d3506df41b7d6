internal import Foundation
internal import LocalFiles
package import ObjectStorage

/// One thing that has happened in a transfer and that the next run must know.
package enum CheckpointRecord: Hashable, Codable, Sendable {
    /// A file is transferred in parts, from now on (seconds of UNIX time): traces of it may be anywhere.
    case begin(RelativePath, SourceIdentity, partSize: Int64, at: Int64)
    /// The store has begun an upload for it.
    case upload(RelativePath, id: String)
    /// A part is in the store, or its range in the file beside the target.
    case part(RelativePath, number: Int, etag: String, size: Int64)
    /// No trace of it is left but the file itself, if it was finished.
    case end(RelativePath)
    /// A file is done: it is not copied again.
    case done(RelativePath)
    /// All files up to this one are.
    case mark(RelativePath)
}

extension CheckpointRecord {
    /// A line: CRC-32C in hexadecimal, a blank, JSON.
    package var line: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return [] }
        let json = Array(data)
        return Array(Self.digits(CRC32C.check(of: json)).utf8) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
    }

    /// Nil for a line that was not written to its end, or is damaged. Without the end of line.
    package init?(line: ArraySlice<UInt8>) {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " ") else { return nil }
        let json = line.dropFirst(9)
        guard String(decoding: line.prefix(8), as: UTF8.self) == Self.digits(CRC32C.check(of: json)) else { return nil }
        guard let record = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = record
    }

    private static func digits(_ check: UInt32) -> String {
        let text = String(check, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}

/// What is known of a file that is there by half.
package struct PartialTransfer: Hashable, Sendable {
    package let identity: SourceIdentity
    package let partSize: Int64
    /// Seconds of UNIX time.
    package let begun: Int64
    package var upload: String?
    package var parts: [Int: UploadedPart] = [:]
}

/// What the records of a transfer say, one after the other; pure.
package struct CheckpointState: Hashable, Sendable {
    package private(set) var partial: [RelativePath: PartialTransfer] = [:]
    package var finished = FinishedFiles()

    package init() {}

    package mutating func apply(_ record: CheckpointRecord) {
        switch record {
        case .begin(let path, let identity, let partSize, let begun):
            partial[path] = PartialTransfer(identity: identity, partSize: partSize, begun: begun)
        case .upload(let path, let id): partial[path]?.upload = id
        case .part(let path, let number, let etag, let size):
            partial[path]?.parts[number] = UploadedPart(number: number, etag: ETag(etag), size: size)
        case .end(let path): partial[path] = nil
        case .done(let path): finished.finish(path)
        case .mark(let path):
            finished = FinishedFiles(mark: path, beyond: finished.beyond.filter { $0 > path })
        }
    }

    /// The fewest records that say the same.
    package var records: [CheckpointRecord] {
        var records: [CheckpointRecord] = finished.mark.map { [.mark($0)] } ?? []
        records += finished.beyond.sorted().map { .done($0) }
        for (path, partial) in partial.sorted(by: { $0.key < $1.key }) {
            records.append(.begin(path, partial.identity, partSize: partial.partSize, at: partial.begun))
            if let upload = partial.upload { records.append(.upload(path, id: upload)) }
            for part in partial.parts.values.sorted(by: { $0.number < $1.number }) {
                records.append(.part(path, number: part.number, etag: part.etag.text, size: part.size ?? 0))
            }
        }
        return records
    }
}
