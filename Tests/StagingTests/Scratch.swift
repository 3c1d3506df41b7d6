import FileSystemTypes
import Foundation
import ObjectStorage
import Staging

/// A folder for one test.
struct Scratch {
    let path: String

    init(in parent: String = FileManager.default.temporaryDirectory.path) throws {
        path = "\(parent)/windlass-staging-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    static let identity = MountIdentity(endpoint: "https://store.example", bucket: BucketName("photos"), prefix: "2024/")

    /// Where the mount's own folder is.
    var folder: String { "\(path)/\(Self.identity.folderName)" }

    func open(
        _ options: StateFolder.Options = StateFolder.Options(freeSpaceFloor: 0), files: any FileOperations = SystemFiles()
    ) throws -> (StateFolder, Recovered) {
        try StateFolder.open(Self.identity, base: path, options: options, files: files)
    }

    /// Every file below the mount's folder but the lock, with its bytes.
    func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name != "lock" {
            found[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
        }
        return found
    }
}

/// Bytes that a seed decides.
func pattern(_ seed: UInt64, _ count: Int) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
    }
}

extension StagedFile {
    func append(_ bytes: [UInt8]) throws(StateError) -> Int64 {
        try append(Bytes(bytes))
    }
}

/// The error of `body`, which must fail with a `StateError`.
func failure<Result>(_ body: () async throws -> Result) async -> StateError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? StateError
    }
}
