import HTTPTransport
import ObjectStorage
import RemoteStore
import Testing

/// Which form of requests an OBS store takes, as it says itself.
@Suite(.timeLimit(.minutes(1))) struct NegotiationTests {
    private func choice(_ endpoint: String) throws -> StoreChoice {
        var wishes = StoreChoice.Wishes()
        wishes.dialect = .obs
        wishes.endpoint = endpoint
        return try StoreChoice(wishes, StoreChoice.Settings(endpoint: { _ in nil }, region: { _ in nil }))
    }

    private func asked(_ port: Int, bucket: String? = nil) async throws -> StoreClient.Signature {
        let choice = try choice("http://obs.localhost:\(port)")
        #expect(choice.signature == nil, "there is nothing to ask")
        return try await SignatureNegotiation(choice, transport: HTTPTransport()).signature(bucket: bucket.map { BucketName($0) })
    }

    @Test func newStoresTakeTheirOwnForm() async throws {
        let store = try await DialectServer("obs")
        #expect(try await asked(store.port) == .obs)
        #expect(try await asked(store.port, bucket: "no-such-bucket") == .obs, "a bucket that is not there says nothing of its place")
        await store.end()
    }

    @Test func oldStoresAndOthersTakeVersionTwo() async throws {
        for store in [try await DialectServer("obs", knowsOldSignaturesOnly: true), try await DialectServer("s3")] {
            #expect(try await asked(store.port) == .v2)
            #expect(try await asked(store.port, bucket: "no-such-bucket") == .v2)
            await store.end()
        }
    }

    /// A choice for as long as the mount lasts is not made of an answer that says nothing.
    @Test func aStoreInTroubleSaysNothing() async throws {
        let store = try await DialectServer("obs")
        try store.fail("GetAPIVersion", status: 503)
        let error = await #expect(throws: StoreError.self) { try await asked(store.port) }
        #expect(error?.reason == .unavailable && error?.status == 503)
        await store.end()
        let gone = await #expect(throws: StoreError.self) { try await asked(store.port) }
        #expect(gone?.reason == .unreachable)
    }
}
