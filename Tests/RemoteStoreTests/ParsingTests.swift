import FileSystemTypes
import Foundation
import ObjectStorage
import RemoteStore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ParsingTests {
    @Test(arguments: [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"), ("https://Store.Example.COM/", "https://store.example.com"),
        ("store.example.com", "https://store.example.com"), ("https://store.example.com:443", "https://store.example.com"),
        ("http://store:80", "http://store"), ("http://[::1]:9000", "http://[::1]:9000"),
    ])
    func takesEndpoints(text: String, meaning: String) {
        #expect(Endpoint(text)?.description == meaning)
    }

    @Test(arguments: ["", "http://", "ftp://a", "http://a/b", "http://u@a", "http://a:0", "http://a:99999", "http://a:x", "http://a b", "a?b"])
    func refusesWhatIsNoEndpoint(text: String) {
        #expect(Endpoint(text) == nil)
    }

    private func parse(_ text: String) throws -> XMLElement { try XMLElement.parse(Bytes(text)) }

    @Test func readsADocument() throws {
        let root = try parse("  \n<?xml version=\"1.0\"?><A xmlns=\"urn:x\"><B>1 &amp; 2</B><B>&#228;</B><C><D/></C></A>")
        #expect(root.name == "A" && root.all("B").map(\.text) == ["1 & 2", "\u{e4}"] && root.first("C")?.children.count == 1)
    }

    @Test(arguments: [
        "", "   ", "x", "<a>", "<a></b>", "<a><b></a></b>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>&unknown;</a>", "<a b></a>",
    ])
    func refusesWhatIsNoDocument(text: String) {
        #expect(throws: StoreError.self) { try parse(text) }
    }

    @Test func refusesWhatIsTooDeepOrTooLong() {
        #expect(throws: StoreError.self) { try parse(String(repeating: "<a>", count: 50) + String(repeating: "</a>", count: 50)) }
        #expect(throws: StoreError.self) { try parse("<a>" + String(repeating: "<b/>", count: 600_000) + "</a>") }
        #expect(throws: StoreError.self) { try parse("<a>" + String(repeating: "x", count: 2 << 20) + "</a>") }
    }

    /// libxml2 prints what is wrong with an encoding, bytes of the document among it, unless somebody else takes it.
    @Test func printsNothingOfADocument() async throws {
        let result = try await #require(processExitsWith: .success, observing: [\.standardErrorContent]) {
            for encoding in ["UTF-16", "UTF-16LE", "US-ASCII", "EUC-JP", "ISO-2022-JP", "UTF-7", "UTF-8"] {
                for tail in [[0xff], [0xa0, 0x80], [0xed, 0xa0, 0x80]] as [[UInt8]] {
                    let document = Array("<?xml version=\"1.0\" encoding=\"\(encoding)\"?><a>text".utf8) + tail + Array("more</a>".utf8)
                    _ = try? XMLElement.parse(Bytes(document))
                }
            }
        }
        let printed = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(!printed.contains("error"), "\(printed)")
    }

    @Test(arguments: [
        ("bytes 0-9/10", true), ("bytes 5-5/6", true), ("bytes 0-10/10", false), ("bytes 5-4/10", false), ("bytes */10", false),
        ("bytes -1-4/10", false), ("0-9/10", false), ("bytes 0-9/*", false), ("", false),
    ])
    func readsContentRanges(text: String, isValid: Bool) {
        #expect((StoreResponse.contentRange(text) != nil) == isValid)
    }
}
