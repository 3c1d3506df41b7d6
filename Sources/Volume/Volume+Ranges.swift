internal import Content
package import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// Ranges of files: space, holes, and copies that move no bytes through this machine.
extension Volume {
    package func allocate(_ range: ByteRange, of handle: Handle, mode: AllocationMode) async throws(Errno) {
        let opened = try file(handle)
        guard opened.options.writes else { throw Errno.badHandle }
        guard range.end <= store.limits.object else { throw Errno.fileTooLarge }
        let keepsSize = mode.contains(.keepSize)
        try await editing(opened.file) { (file) throws(EditFailure) in
            do throws(OpenFile.Obstacle) {
                if mode.contains(.punchHole) {
                    try file.clear(range, growing: false)
                } else if mode.contains(.zeroRange) {
                    try file.clear(keepsSize ? range.clamped(toSize: file.size) : range, growing: true)
                } else if !keepsSize, range.end > file.size {
                    // A bucket has no space to reserve: only the length is set.
                    try file.truncate(to: range.end)
                }
            } catch {
                throw .obstacle(error)
            }
        }
    }

    package func seek(_ target: SeekTarget, from offset: Int64, of handle: Handle) async throws(Errno) -> Int64 {
        let opened = try file(handle)
        let map = opened.content
        let found =
            switch target {
            case .data: map.nextData(from: offset)
            case .hole: map.nextHole(from: offset)
            }
        guard let found else { throw Errno.noSuchAddress }
        return found
    }

    package func copyRange(_ range: ByteRange, of source: Handle, to destination: Handle, at offset: Int64) async throws(Errno) -> Int64 {
        let (from, target) = (try file(source), try file(destination))
        guard target.options.writes else { throw Errno.badHandle }
        let map = from.content
        let wanted = range.clamped(toSize: map.size)
        guard offset + wanted.count <= store.limits.object else { throw Errno.fileTooLarge }
        // Of a file that is changed the object is about to be replaced: its bytes are taken while they are there.
        let isStable = !from.file.isChanged
        var copied: Int64 = 0
        for extent in map.extents(in: wanted) {
            let place = offset + extent.range.offset - range.offset
            switch extent.origin {
            case .hole: try await refer(extent, of: map, to: target.file, at: place)
            case .remote where isStable: try await refer(extent, of: map, to: target.file, at: place)
            case .remote, .local, .partOnly: try await copyBytes(extent.range, of: source, to: target.file, at: place)
            }
            copied += extent.range.count
        }
        return copied
    }

    /// The destination says where its bytes are: in the object of the source, at the version it has now.
    private func refer(_ extent: Extent, of map: ExtentMap, to file: OpenFile, at offset: Int64) async throws(Errno) {
        try await editing(file) { (file) throws(EditFailure) in
            do throws(OpenFile.Obstacle) {
                try file.copy(extent.range, of: map, to: offset)
            } catch {
                throw .obstacle(error)
            }
        }
    }

    /// Bytes that are here are written once more: each staging file belongs to one file.
    private func copyBytes(_ range: ByteRange, of source: Handle, to file: OpenFile, at offset: Int64) async throws(Errno) {
        for piece in range.pieces(of: 1 << 20) {
            let bytes = try await read(source, at: piece.offset, count: Int(piece.count)).contiguous
            try await editing(file) { (file) throws(EditFailure) in
                do throws(OpenFile.Obstacle) {
                    try file.write(unsafe bytes.span.bytes, at: offset + piece.offset - range.offset)
                } catch {
                    throw .obstacle(error)
                }
            }
        }
        stream(file)
    }
}

extension FileHandle {
    /// What a read through this handle sees.
    var content: ExtentMap {
        let opened = opened
        return file.withLockedState { state in
            guard state.revision.content == state.stored.content, state.map.isPristine else { return state.map }
            return ExtentMap(base: opened)
        }
    }
}
