import FileSystemTypes
import PosixMetadata
import Testing

/// The rules give the answers that Linux gave on ext4: the same errno, the same attributes afterwards.
@Suite struct VerdictTests {
    @Test(.timeLimit(.minutes(1)))
    func theKernelsAnswersAreOurs() throws {
        var operations: [String: Int] = [:]
        for (line, verdict) in try Verdict.all() {
            let answer = try Self.answer(to: verdict)
            operations[verdict.op, default: 0] += 1
            #expect(answer.errno == verdict.errno, "\(line)")
            guard verdict.errno == 0, let after = verdict.after else { continue }
            #expect(try answer.protection == after.protection, "\(line)")
            if verdict.op == "create" { #expect(try answer.defaultAccessList == after.defaultAccessList, "\(line)") }
        }
        #expect(operations.count == 10 && operations.values.allSatisfy { $0 >= 40 })
    }

    struct Answer {
        var errno: Int32 = 0
        var protection: Protection?
        var defaultAccessList: AccessControlList?
    }

    static func answer(to verdict: Verdict) throws -> Answer {
        do {
            switch verdict.op {
            case "create": return try create(verdict)
            case "remove": try #require(verdict.folder).protection.checkRemoving(try #require(verdict.file).protection, by: verdict.caller.caller)
            case "rename": try rename(verdict)
            default: return Answer(protection: try change(verdict))
            }
            return Answer()
        } catch let error as Errno {
            return Answer(errno: error.code)
        }
    }

    private static func change(_ verdict: Verdict) throws -> Protection {
        let caller = verdict.caller.caller
        var file = try #require(verdict.file).protection
        switch verdict.op {
        case "access": try file.check(AccessMask(rawValue: try #require(verdict.wanted)), by: caller)
        case "chmod": file = try file.changed(permissions: try #require(verdict.mode), by: caller)
        case "chown":
            file = try file.changed(
                userID: UInt32(exactly: try #require(verdict.uid)), groupID: UInt32(exactly: try #require(verdict.gid)), by: caller)
        case "write": file.permissions = file.permissionsAfterWrite(by: caller)
        case "utimens":
            let times = try #require(verdict.times).map(time)
            try file.checkTimes(accessed: times[0], modified: times[1], by: caller)
        case "setacl": file = try setAccessList(verdict, file, caller)
        default: try file.checkWriting(name(try #require(verdict.name)), by: caller)
        }
        return file
    }

    private static func time(_ text: String) -> AttributeChange.Time? {
        switch text {
        case "now": .now
        case "at": .at(Timestamp(seconds: 5, nanoseconds: 7))
        default: nil
        }
    }

    private static func setAccessList(_ verdict: Verdict, _ file: Protection, _ caller: Caller) throws -> Protection {
        let value = try Verdict.bytes(try #require(verdict.value))
        if verdict.name == "system.posix_acl_access" { return try file.changed(accessListValue: value, by: caller) }
        let list = try file.defaultAccessList(value: value, by: caller)
        #expect(try list == verdict.after?.defaultAccessList)
        return file
    }

    private static func create(_ verdict: Verdict) throws -> Answer {
        let folder = try #require(verdict.folder)
        let kind = try Verdict.kind(try #require(verdict.kind))
        let protection = try folder.protection
        try protection.checkAdding(kind, by: verdict.caller.caller)
        let made = protection.newFile(
            kind, permissions: try #require(verdict.mode), umask: try #require(verdict.umask), defaultAccessList: try folder.defaultAccessList,
            by: verdict.caller.caller)
        return Answer(protection: made.protection, defaultAccessList: made.defaultAccessList)
    }

    private static func rename(_ verdict: Verdict) throws {
        try #require(verdict.folder).protection.checkMoving(
            try #require(verdict.file).protection, to: try #require(verdict.destination).protection, isSame: verdict.same == true,
            replacing: try verdict.target?.protection, by: verdict.caller.caller)
    }
}
