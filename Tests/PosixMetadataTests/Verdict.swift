import FileSystemTypes
import Foundation
import PosixMetadata
import Testing

/// What a kernel answered (Fixtures/record_verdicts.py).
struct Verdict: Decodable {
    struct File: Decodable, Equatable {
        let kind: String
        let mode: UInt16
        let uid: UInt32
        let gid: UInt32
        let acl: String?
        let `default`: String?

        var protection: Protection {
            get throws {
                Protection(
                    kind: try Verdict.kind(kind), permissions: mode, userID: uid, groupID: gid,
                    accessList: try AccessControlList.decode(Verdict.bytes(acl ?? "")))
            }
        }

        var defaultAccessList: AccessControlList? {
            get throws { try AccessControlList.decode(Verdict.bytes(`default` ?? "")) }
        }
    }

    struct Identity: Decodable {
        let uid: UInt32
        let gid: UInt32
        let groups: [UInt32]

        var caller: Caller { Caller(userID: uid, groupID: gid, groups: groups) }
    }

    let op: String
    let errno: Int32
    let caller: Identity
    let file: File?
    let folder: File?
    let destination: File?
    let target: File?
    let after: File?
    let same: Bool?
    let wanted: Int32?
    let mode: UInt16?
    let umask: UInt16?
    let uid: Int64?
    let gid: Int64?
    let times: [String]?
    let kind: String?
    let name: String?
    let value: String?

    static func all() throws -> [(line: String, verdict: Verdict)] {
        let url = try #require(Bundle.module.url(forResource: "verdicts", withExtension: "jsonl", subdirectory: "Fixtures"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        return try lines.map { (String($0), try JSONDecoder().decode(Verdict.self, from: Data($0.utf8))) }
    }

    static func kind(_ name: String) throws -> FileKind {
        let kinds: [String: FileKind] = ["file": .regular, "folder": .directory, "fifo": .fifo, "link": .symbolicLink, "device": .characterDevice]
        return try #require(kinds[name])
    }

    static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal)
        return try stride(from: 0, to: digits.count, by: 2).map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
    }
}

extension Caller {
    init(userID: UInt32, groupID: UInt32, groups: [UInt32] = []) {
        self.init(userID: userID, groupID: groupID, processID: 1) { _ in groups }
    }
}
