internal import FileSystemTypes
internal import Foundation
internal import Staging

/// A new file below a folder of the user's. It replaces nothing.
final class ExportedFile: Sendable {
    let path: String
    private let descriptor: Int32
    private let files = SystemFiles()

    /// Makes the folders that are missing. Fails when there is a file of that name already, or a note of an earlier export.
    init(names: [String], below folder: String) throws(RecoveryFailure) {
        path = ([folder] + names).joined(separator: "/")
        let parent = ([folder] + names.dropLast()).joined(separator: "/")
        do {
            try FileManager.default.createDirectory(
                atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RecoveryFailure(message: "cannot make the folder of \(path): \(error.localizedDescription)")
        }
        do throws(Errno) {
            descriptor = try files.open(path, creating: true)
        } catch {
            throw RecoveryFailure(
                message: error == .exists ? "\(path) exists already and is left alone; choose another folder" : "cannot make \(path): \(error)")
        }
    }

    deinit {
        files.close(descriptor)
    }

    var notePath: String { path + ".partial" }

    func write(_ bytes: Bytes, at offset: Int64) throws(RecoveryFailure) {
        var position = offset
        for index in bytes.pieces.indices {
            let piece = bytes.pieces[index]
            do throws(Errno) {
                try files.write(descriptor, unsafe piece.span.bytes, at: position)
            } catch {
                throw RecoveryFailure(message: "cannot write \(path): \(error)")
            }
            position += Int64(piece.count)
        }
    }

    /// Brings all of it to the disk, with a note beside it that names what is missing: there are zeros in its place.
    func finish(size: Int64, gaps: [ExportGap]) throws(RecoveryFailure) {
        do throws(Errno) {
            try files.truncate(descriptor, to: size)
            try files.sync(descriptor)
            if !gaps.isEmpty { try writeNote(gaps) }
        } catch {
            throw RecoveryFailure(message: "cannot write \(path): \(error)")
        }
    }

    private func writeNote(_ gaps: [ExportGap]) throws(Errno) {
        let lines = gaps.map { "bytes \($0.range.offset) to \($0.range.end - 1) are missing, and zeros here: \($0.reason)\n" }
        let text = Array(lines.joined().utf8)
        let note = try files.open(notePath, creating: true)
        defer { files.close(note) }
        try files.write(note, unsafe text.span.bytes, at: 0)
        try files.sync(note)
    }
}
