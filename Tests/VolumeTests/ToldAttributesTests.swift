import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Where listings tell attributes, nothing is asked for what was listed.
@Suite(.timeLimit(.minutes(1))) struct ToldAttributesTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 7)

    private static var telling: Capabilities {
        var capabilities = Capabilities.memory
        capabilities.listAttributes = true
        return capabilities
    }

    private func volume(_ capabilities: Capabilities) async throws -> VolumeUnderTest {
        let volume = try await VolumeUnderTest(ttl: .seconds(60), capabilities: capabilities)
        for number in 0..<30 {
            let metadata = ["mode": "\(0o100600 + number)", "uid": "\(number)", "gid": "7", "mtime": "\(number).000000009"]
            _ = try await volume.bucket.put(
                Key("file-\(number)"), BytesSource(Bytes([1, 2])), ObjectAttributes(contentType: "a/b", metadata: metadata), .always)
        }
        volume.faults.setFaults([])
        return volume
    }

    @Test(arguments: [true, false]) func aListingIsEnough(isTelling: Bool) async throws {
        let volume = try await volume(isTelling ? Self.telling : .memory)
        defer { volume.remove() }
        _ = try await volume.volume.listing(of: .root, for: caller)
        for number in 0..<30 {
            guard case .found(let entry) = try await volume.volume.lookup(.of("file-\(number)"), in: .root, for: caller) else {
                Issue.record("file-\(number) is not there")
                continue
            }
            let attributes = entry.attributes
            #expect(attributes.permissions == UInt16(0o600 + number) && attributes.userID == UInt32(number) && attributes.groupID == 7)
            #expect(attributes.modified == Timestamp(seconds: Int64(number), nanoseconds: 9) && attributes.size == 2)
        }
        #expect(volume.faults.requests.count { $0 == .list } == 1)
        #expect(volume.faults.requests.count { $0 == .head } == (isTelling ? 0 : 30))
    }

    /// A name without an extension is looked for in a listing, which then tells the rest.
    @Test func oneNameIsOneRequest() async throws {
        let volume = try await volume(Self.telling)
        defer { volume.remove() }
        guard case .found(let entry) = try await volume.volume.lookup(.of("file-5"), in: .root, for: caller) else {
            Issue.record("file-5 is not there")
            return
        }
        #expect(entry.attributes.userID == 5 && volume.faults.requests == [.list])
    }
}
