internal import Content
internal import Crypto
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// What becomes of an upload's parts when it is completed.
enum CompletedUpload {
    /// The ETag that stores give an object of these parts: the MD5 of the parts' MD5s, and their number. Nil where the parts are not known
    /// to be all of the file, or have other ETags than their MD5s.
    static func etag(of file: Recovered.File, _ map: ExtentMap) -> ETag? {
        var parts: [Int: (range: ByteRange, etag: ETag)] = [:]
        for placed in map.wholeParts { if let etag = placed.part.etag { parts[placed.part.number] = (placed.range, etag) } }
        for part in file.parts { parts[part.number] = (part.range, part.etag) }
        let ordered = parts.sorted { $0.key < $1.key }.map(\.value)
        var end: Int64 = 0
        var digests: [UInt8] = []
        for part in ordered {
            guard part.range.offset == end, let digest = bytes(ofHex: part.etag.text), digest.count == Insecure.MD5.byteCount else { return nil }
            end = part.range.end
            digests += digest
        }
        guard end == map.size, !ordered.isEmpty else { return nil }
        let text = Insecure.MD5.hash(data: digests).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return ETag("\(text)-\(ordered.count)")
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
