import FileSystemTypes
import Foundation
import ObjectStorage
import TestSupport
import Transfers

/// What random tests of transfers draw from.
enum Cases {
    /// A few letters and slashes, so that paths share beginnings and nest.
    static func path(_ generator: inout SeededGenerator) -> RelativePath {
        let letters: [UInt8] = Array("aab/-.\u{FF}".utf8)
        return RelativePath((0..<Int.random(in: 1...6, using: &generator)).map { _ in generator.pick(letters) })
    }

    static func paths(_ count: Int, _ generator: inout SeededGenerator) -> Set<RelativePath> {
        Set((0..<count).map { _ in path(&generator) })
    }

    static func entry(_ path: RelativePath, size: Int64 = 1) -> TransferEntry { TransferEntry(path: path, size: size) }
}

/// A folder for one test.
struct Scratch {
    let path: String

    init() throws {
        path = "\(FileManager.default.temporaryDirectory.path)/windlass-transfers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> LocalPath { LocalPath("\(path)/\(name)") }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
