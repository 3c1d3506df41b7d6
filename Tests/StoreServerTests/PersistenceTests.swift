import Glibc
import StoreServer
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PersistenceTests {
    private let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    /// A server that cannot have its port leaves the data alone.
    @Test(.timeLimit(.minutes(1))) func aStartThatFailsRemovesNothing() async throws {
        try await TestStore.with { store in
            let large = [UInt8](repeating: 7, count: 100_000)
            _ = try await store.client.send("PUT", "/bkt/k", body: large)
            await #expect(throws: (any Error).self) {
                _ = try await StoreServer.start(
                    StoreServer.Configuration(folder: store.folder, port: store.server.port, accessKey: "a", secretKey: "b"))
            }
            #expect(try await store.client.send("GET", "/bkt/k")?.body == large)
        }
    }

    @Test func everythingSurvivesARestart() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt/small", headers: ["x-amz-meta-a": "1", "content-type": "x/y"], body: [1, 2, 3])
            _ = try await store.client.send("PUT", "/bkt/large", body: large)
            _ = try await store.client.send("PUT", "/bkt/overwritten", body: large)
            _ = try await store.client.send("PUT", "/bkt/overwritten", body: [9])
            _ = try await store.client.send("PUT", "/bkt/deleted", body: large)
            _ = try await store.client.send("DELETE", "/bkt/deleted")
            _ = try await store.client.send("PUT", "/bkt/copied", headers: ["x-amz-copy-source": "/bkt/large"])
            _ = try await store.client.send("DELETE", "/bkt/large")
            let before = try await store.client.send("GET", "/bkt", "list-type=2")
            try await store.restart()
            let after = try await store.client.send("GET", "/bkt", "list-type=2")
            #expect(before?.text == after?.text)
            let small = try await store.client.send("GET", "/bkt/small")
            #expect(small?.body == [1, 2, 3])
            #expect(small?.headers["x-amz-meta-a"] == "1")
            #expect(small?.headers["content-type"] == "x/y")
            #expect(try await store.client.send("GET", "/bkt/copied")?.body == large)
            #expect(try await store.client.send("GET", "/bkt/overwritten")?.body == [9])
            #expect(try await store.client.send("GET", "/bkt/deleted")?.status == 404)
        }
    }

    @Test func uploadsSurviveARestartAndCompleteTwice() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            let begun = try await store.client.send("POST", "/bkt/k", "uploads=")
            let id = try #require(begun?.text.split(separator: "<UploadId>").last?.split(separator: "<").first.map(String.init))
            let part = try await store.client.send("PUT", "/bkt/k", "partNumber=1&uploadId=\(id)", body: large)
            let etag = try #require(part?.headers["etag"])
            try await store.restart()
            let listed = try await store.client.send("GET", "/bkt/k", "uploadId=\(id)")
            #expect(listed?.text.contains("<Size>300000</Size>") == true)
            let document = Array(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part></CompleteMultipartUpload>".utf8)
            let completed = try await store.client.send("POST", "/bkt/k", "uploadId=\(id)", body: document)
            #expect(completed?.status == 200)
            try await store.restart()
            #expect(try await store.client.send("POST", "/bkt/k", "uploadId=\(id)", body: document)?.text == completed?.text)
            #expect(try await store.client.send("GET", "/bkt/k")?.body == large)
            #expect(try await store.client.send("GET", "/bkt/k", "uploadId=\(id)")?.status == 404)
        }
    }

    /// What a killed server leaves: drafts, half a manifest, bytes that no manifest names. All of it goes; nothing else does.
    @Test func leftoversOfACrashAreRemoved() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt/keep", body: large)
            let manifest = try #require(store.files.first { $0.contains("/objects/") })
            let blob = try #require(store.files.first { $0.contains("/blobs/") })
            let count = store.files.count
            await store.server.stop()
            write("WLM1", to: manifest + ".draft")
            write("WLM1\u{1}\u{0}", to: manifest + "f")
            write("orphan", to: blob + "f")
            #expect(unsafe mkdir("\(store.folder)/buckets/bkt/uploads/begun", 0o755) == 0)
            #expect(store.files.count == count + 3)
            try await store.restart()
            #expect(store.files.count == count)
            #expect(try await store.client.send("GET", "/bkt/keep")?.body == large)
        }
    }

    private func write(_ text: String, to path: String) {
        guard let file = unsafe fopen(path, "w") else { return }
        unsafe fputs(text, file)
        unsafe fclose(file)
    }

    /// Bytes go when the last object that has them goes, and not before.
    @Test func bytesLiveAsLongAsSomebodyHasThem() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt/a", body: large)
            _ = try await store.client.send("PUT", "/bkt/b", headers: ["x-amz-copy-source": "bkt/a"])
            let blobs = { (store: TestStore) in store.files.filter { $0.contains("/blobs/") }.count }
            #expect(blobs(store) == 1)
            _ = try await store.client.send("DELETE", "/bkt/a")
            #expect(blobs(store) == 1)
            #expect(try await store.client.send("GET", "/bkt/b")?.body == large)
            _ = try await store.client.send("DELETE", "/bkt/b")
            try await Task.sleep(for: .milliseconds(200))
            #expect(blobs(store) == 0)
        }
    }

    @Test func twoServersOnOneFolderAreRefused() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            let folder = store.folder
            await #expect(throws: (any Error).self) {
                _ = try await StoreServer.start(StoreServer.Configuration(folder: folder, accessKey: "a", secretKey: "b"))
            }
        }
    }

    @Test func countsRequestsAndBytes() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            _ = try await store.client.send("PUT", "/bkt/k", body: large)
            _ = try await store.client.send("GET", "/bkt/k", headers: ["range": "bytes=0-9"])
            _ = try await store.client.send("GET", "/bkt/none")
            _ = try await store.client.send("HEAD", "/bkt/k")
            let put = store.server.count(.putObject)
            #expect(put.requests == 1 && put.bytesIn == 300_000 && put.errors == 0)
            let get = store.server.count(.getObject)
            #expect(get.requests == 2 && get.bytesOut > 10 && get.errors == 1)
            #expect(store.server.count(.headObject).requests == 1)
            #expect(store.server.count(.listObjectsV2).requests == 0)
            let control = try await store.client.send("GET", "/_store/counters", sign: false)
            #expect(control?.text.contains("\"PutObject\":{\"bytesIn\":300000,\"bytesOut\":0,\"errors\":0,\"requests\":1}") == true)
            _ = try await store.client.send("POST", "/_store/counters/reset", sign: false)
            #expect(store.server.counters == [:])
        }
    }
}
