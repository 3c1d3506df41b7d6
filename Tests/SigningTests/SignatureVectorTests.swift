import Foundation
import Signing
import Testing

/// Requests signed by SDKs and by the services' documentation: our signers must come to the same signature.
@Suite struct SignatureVectorTests {
    @Test func hasVectors() {
        #expect(!SignatureVector.all.isEmpty)
        #expect(Set(SignatureVector.all.map(\.id)).count == SignatureVector.all.count)
    }

    @Test(.timeLimit(.minutes(1)), arguments: SignatureVector.all) func signsAsOthersDo(vector: SignatureVector) throws {
        let ours = try vector.outcome()
        if let text = vector.stringToSign { #expect(ours.stringToSign == text) }
        #expect(ours.signature == vector.signature)
        #expect(ours.authorization == vector.authorization)
        #expect(ours.url.map(NormalURL.init) == vector.url.map(NormalURL.init))
    }

    /// Negative control: one changed byte anywhere changes the signature.
    @Test(.timeLimit(.minutes(1)), arguments: SignatureVector.all) func noticesAChange(vector: SignatureVector) throws {
        let signature = try vector.outcome().signature
        var changed = vector
        changed.credentials.secretKey += "x"
        #expect(try changed.outcome().signature != signature)
        changed = vector
        changed.request?.rawPath += "x"
        changed.originPolicy? += " "
        #expect(try changed.outcome().signature != signature)
        guard let wire = vector.request else { return }
        changed = vector
        changed.request?.method = wire.method == "GET" ? "PUT" : "GET"
        #expect(try changed.outcome().signature != signature)
        changed = vector
        changed.request?.rawQuery += "&torrent"
        #expect(try changed.outcome().signature != signature)
    }

    @Test(.timeLimit(.minutes(1)), arguments: SignatureVector.all.filter(\.isForm)) func fillsForms(vector: SignatureVector) throws {
        let ours = try vector.formFields()
        #expect(ours["policy"] == vector.policyB64)
        if let credential = vector.formCredential { #expect(ours["x-amz-credential"] == credential) }
        if let fields = vector.fields { #expect(fields.filter { ours.keys.contains($0.key) } == ours) }
    }

    @Test(.timeLimit(.minutes(1)), arguments: SignatureVector.all.filter { $0.scheme.hasPrefix("oos-v4") })
    func takesTheRegionFromTheHost(vector: SignatureVector) throws {
        let host = try #require(vector.request).host
        let signature = try #require(SignatureV4.oos(host: host))
        #expect(try signature == vector.signatureV4())
    }

    /// A URL whose parameters may come in any order, and in which `/` and the like may stand bare.
    private struct NormalURL: Equatable {
        var base: String
        var query: [[String]]

        init(_ text: String) {
            let parts = text.split(separator: "?", maxSplits: 1).map(String.init)
            base = parts[0]
            query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { item in
                item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                    String(decoding: PercentEncoding.decode($0.utf8), as: UTF8.self)
                }
            }.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }
}
