import Glibc
import ObjectStorage
import StoreServer
import Testing

/// Versions on the disk and under load; what they are for clients, the tours show.
@Suite(.timeLimit(.minutes(2)))
struct VersionTests {
    private static let enabled = Array("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".utf8)

    private func versions(_ store: TestStore) async throws -> [String] {
        let text = try #require(try await store.client.send("GET", "/bkt", "versions=")?.text)
        return text.split(separator: "<VersionId>").dropFirst().map { String($0.prefix { $0 != "<" }) }
    }

    @Test func everyVersionOfConcurrentWritersIsKept() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt", "versioning=", body: Self.enabled)
            let client = store.client
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for number in 0..<10 {
                            let answer = try await client.send("PUT", "/bkt/k", headers: ["x-amz-tagging": "w=\(writer)"], body: [UInt8(number)])
                            let version = try #require(answer?.headers["x-amz-version-id"])
                            try await Self.retag(client, version, "<Key>t</Key><Value>\(writer)-\(number)</Value>")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let before = try await versions(store)
            #expect(Set(before).count == 60 && before.count == 60)
            let listed = try await store.client.send("GET", "/bkt", "versions=")
            #expect(listed?.text.components(separatedBy: "<IsLatest>true").count == 2)
            try await store.restart()
            #expect(try await versions(store) == before)
            for version in before {
                let tags = try await store.client.send("GET", "/bkt/k", "tagging=&versionId=\(version)")
                let body = try await store.client.send("GET", "/bkt/k", "versionId=\(version)")?.body
                #expect(tags?.text.contains("-\(body?.first ?? 99)</Value>") == true)
            }
        }
    }

    private static func retag(_ client: TestClient, _ version: String, _ tag: String) async throws {
        let document = Array("<Tagging><TagSet><Tag>\(tag)</Tag></TagSet></Tagging>".utf8)
        let headers = ["x-amz-checksum-crc32": Base64.encode(CyclicCode.crc32.bytes(of: CyclicCode.crc32.check(of: document)))]
        #expect(try await client.send("PUT", "/bkt/k", "tagging=&versionId=\(version)", headers: headers, body: document)?.status == 200)
    }

    /// A crash can leave what an overwrite had still to remove. Versions with names are never taken for such a leftover.
    @Test(arguments: [false, true]) func ofTwoNullVersionsTheLaterCounts(isVersioned: Bool) async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            if isVersioned { _ = try await store.client.send("PUT", "/bkt", "versioning=", body: Self.enabled) }
            _ = try await store.client.send("PUT", "/bkt/k", body: [1])
            let path = try #require(store.files.first { $0.contains("/objects/") })
            let manifest = Self.read(path)
            _ = try await store.client.send("PUT", "/bkt/k", body: [2])
            await store.server.stop()
            Self.write(manifest, to: path)
            try await store.restart()
            #expect(try await store.client.send("GET", "/bkt/k")?.body == [2])
            #expect(try await versions(store).count == (isVersioned ? 2 : 1))
            #expect(store.files.filter { $0.contains("/objects/") }.count == (isVersioned ? 2 : 1))
        }
    }

    /// Manifests without the fields that came later are read; those that are cut anywhere else are not.
    @Test(arguments: [(0, true), (4, true), (8, true), (1, false), (9, false)])
    func manifestsOfEarlierPrograms(cut: Int, isRead: Bool) async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt/k", body: [7])
            let path = try #require(store.files.first { $0.contains("/objects/") })
            let bytes = Self.read(path)
            await store.server.stop()
            let end = 12 + (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
            let fields = Array(bytes[12..<(end - cut)])
            let check = Array(CyclicCode.crc32c.bytes(of: CyclicCode.crc32c.check(of: fields)).reversed())
            let count = (0..<4).map { UInt8(truncatingIfNeeded: fields.count >> (8 * $0)) }
            Self.write(Array(bytes[..<4]) + count + check + fields + [7], to: path)
            try await store.restart()
            let answer = try await store.client.send("GET", "/bkt/k")
            #expect((answer?.status == 200) == isRead)
            if isRead { #expect(answer?.body == [7]) }
        }
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = unsafe fopen(path, "re") else { return [] }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = unsafe fopen(path, "we") else { return }
        defer { unsafe fclose(file) }
        _ = unsafe fwrite(bytes, 1, bytes.count, file)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] { split(separator: separator, omittingEmptySubsequences: false) }
}
