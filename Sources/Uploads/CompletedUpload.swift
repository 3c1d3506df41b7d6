package import Content
internal import Crypto
internal import FileSystemTypes
package import ObjectStorage
package import Staging

/// What becomes of an upload's parts when it is completed.
package enum CompletedUpload {
    /// The ETag that stores give an object of these parts: the MD5 of the parts' MD5s, and their number. Nil where the parts have other ETags.
    package static func etag(ofParts parts: [ETag]) -> ETag? {
        var digests: [UInt8] = []
        for part in parts {
            guard let digest = bytes(ofHex: part.text), digest.count == Insecure.MD5.byteCount else { return nil }
            digests += digest
        }
        guard !parts.isEmpty else { return nil }
        let text = Insecure.MD5.hash(data: digests).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return ETag("\(text)-\(parts.count)")
    }

    /// The same for what the journal knows of a file's parts. Nil also where they are not known to be all of the file.
    package static func etag(of file: Recovered.File, _ map: ExtentMap) -> ETag? {
        var parts: [Int: JournaledPart] = [:]
        for placed in map.wholeParts {
            if let etag = placed.part.etag { parts[placed.part.number] = JournaledPart(number: placed.part.number, etag: etag, range: placed.range) }
        }
        for part in file.parts { parts[part.number] = part }
        let ordered = parts.sorted { $0.key < $1.key }.map(\.value)
        var end: Int64 = 0
        for part in ordered {
            guard part.range.offset == end else { return nil }
            end = part.range.end
        }
        return end == map.size ? etag(ofParts: ordered.map(\.etag)) : nil
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
