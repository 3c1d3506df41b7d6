import Synchronization

/// Writes pieces of objects that are changed in place of being put anew.
///
/// Bytes that somebody may be reading are never changed: a piece goes to a blob of its own, or behind the last byte of one.
struct TailWriter {
    private let folder: DataFolder

    init(_ folder: DataFolder) {
        self.folder = folder
    }

    /// The object's bytes as segments, also where they lie in its manifest.
    func segments(of object: StoredObject, _ inline: [UInt8]) throws -> [Segment] {
        if case .segments(let segments) = object.manifest.content { return segments }
        return try segments(of: inline)
    }

    /// A blob of its own for `bytes`.
    func segments(of bytes: [UInt8]) throws -> [Segment] {
        if bytes.isEmpty { return [] }
        let (blob, file) = try folder.blobs.create(id: folder.generations.next())
        try file.write(bytes)
        return [Segment(blob: blob, offset: 0, count: Int64(bytes.count))]
    }

    /// So many zeros, which take no place on the disk.
    func hole(_ count: Int64) throws -> [Segment] {
        if count <= 0 { return [] }
        let (blob, file) = try folder.blobs.create(id: folder.generations.next())
        try file.resize(count)
        return [Segment(blob: blob, offset: 0, count: count)]
    }

    /// `segments` with the piece at the end. Small pieces grow the last blob where that ends with the object.
    func adding(_ piece: AppendedPiece, to segments: [Segment]) throws -> [Segment] {
        if case .segments(let own) = piece.content { return segments + own }
        if piece.inline.isEmpty { return segments }
        guard let last = segments.last, try last.blob.extend(piece.inline, from: last.offset + last.count) else {
            return segments + (try self.segments(of: piece.inline))
        }
        return segments.dropLast() + [Segment(blob: last.blob, offset: last.offset, count: last.count + Int64(piece.inline.count))]
    }

    /// The same bytes in few pieces; objects that were changed many times would else take ever longer.
    func compacted(_ segments: [Segment]) throws -> [Segment] {
        if segments.count <= Self.mostSegments { return segments }
        let (blob, file) = try folder.blobs.create(id: folder.generations.next())
        var count: Int64 = 0
        for segment in segments {
            var offset: Int64 = 0
            while offset < segment.count {
                let bytes = try segment.read(from: offset, count: Int(min(1 << 20, segment.count - offset)))
                guard !bytes.isEmpty else { throw ServiceError.internalError }
                try file.write(bytes)
                offset += Int64(bytes.count)
            }
            count += segment.count
        }
        return [Segment(blob: blob, offset: 0, count: count)]
    }

    private static let mostSegments = 256
}

extension Blob {
    /// Writes behind the last byte; false, and nothing is done, where that is not `end`.
    fileprivate func extend(_ bytes: [UInt8], from end: Int64) throws(FileFailure) -> Bool {
        let result = extending.withLock { _ in
            Result { () throws(FileFailure) in
                let file = try openToExtend()
                guard try file.size() == end else { return false }
                try file.write(bytes)
                return true
            }
        }
        return try result.get()
    }
}
