import FileSystemTypes
import Staging

/// A stand-in for an extent map: a version number, then the ranges of the staging file that make the content, in their order.
enum FileContent {
    static func encode(_ version: UInt64, _ ranges: [ByteRange]) -> [UInt8] {
        var bytes = little(version)
        for range in ranges { bytes += little(UInt64(range.offset)) + little(UInt64(range.count)) }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> (version: UInt64, ranges: [ByteRange]) {
        let numbers = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let ranges = stride(from: 1, to: numbers.count, by: 2).map { ByteRange(offset: Int64(numbers[$0]), count: Int64(numbers[$0 + 1])) }
        return (numbers[0], ranges)
    }

    static func read(_ folder: StateFolder, _ id: FileID, _ content: AcknowledgedContent) async throws(StateError) -> Bytes {
        guard let file = try await folder.openFile(of: id, content) else { return Bytes() }
        var all = Bytes()
        for range in decode(content.extents).ranges { all.append(try file.read(at: range.offset, count: Int(range.count))) }
        return all
    }

    private static func little(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
}
