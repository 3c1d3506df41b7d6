import ObjectStorage
import StoreServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CodingTests {
    private let digits = Array("123456789".utf8)

    /// The check values of the catalogue of parametrised CRC algorithms.
    @Test func checkValues() {
        #expect(CyclicCode.crc32.check(of: digits) == 0xCBF4_3926)
        #expect(CyclicCode.crc32c.check(of: digits) == 0xE306_9283)
        #expect(CyclicCode.crc64nvme.check(of: digits) == 0xAE8B_1486_0A79_9888)
    }

    @Test(arguments: 0...40)
    func checksCombine(split: Int) {
        var generator = SeededGenerator(seed: 5)
        let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for code in [CyclicCode.crc32, .crc32c, .crc64nvme] {
            let (first, second) = (Array(bytes[..<split]), Array(bytes[split...]))
            let combined = code.combine(code.check(of: first), code.check(of: second), secondCount: Int64(second.count))
            #expect(combined == code.check(of: bytes))
        }
    }

    @Test func base64() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64.encode(Array(plain.utf8)) == coded)
            #expect(Base64.decode(coded) == Array(plain.utf8))
        }
        for nonsense in ["Zg=", "Z", "Zg==Zg==", "Zh==", "Z===", "Zm 9", "===="] { #expect(Base64.decode(nonsense) == nil, "\(nonsense)") }
    }

    @Test func percentCoding() {
        let all = (0...255).map { UInt8($0) }
        #expect(PercentCoding.decode(PercentCoding.encode(all)) == all)
        #expect(PercentCoding.encode("a b/+~ü".utf8) == "a%20b%2F%2B~%C3%BC")
        #expect(PercentCoding.encodeForm("a b/+".utf8) == "a+b/%2B")
        #expect(PercentCoding.decodeText("a+b%20c") == "a+b c")
        for nonsense in ["%", "%4", "%zz", "a%g0"] { #expect(PercentCoding.decode(nonsense) == nil) }
        #expect(PercentCoding.decodeText("%ff") == nil)
    }

    @Test func times() throws {
        let time = try #require(StoreTime(basicISO: "20260314T092653Z"))
        #expect(time.httpText == "Sat, 14 Mar 2026 09:26:53 GMT")
        #expect(time.isoText == "2026-03-14T09:26:53.000Z")
        #expect(time.basicText == "20260314T092653Z")
        #expect(StoreTime(http: time.httpText) == time)
        #expect(StoreTime(milliseconds: 0).httpText == "Thu, 01 Jan 1970 00:00:00 GMT")
        for day in stride(from: Int64(-200_000), to: 200_000, by: 373) {
            let time = StoreTime(milliseconds: day * 86_400_000)
            if time.milliseconds >= 0 { #expect(StoreTime(http: time.httpText) == time) }
        }
        for nonsense in ["", "20261314T092653Z", "2026-03-14", "20260314T092653"] { #expect(StoreTime(basicISO: nonsense) == nil) }
    }

    @Test func readsXML() throws {
        let text = "<?xml version=\"1.0\"?><!-- c --><n:a xmlns:n=\"x>y\"><b>1 &amp; &#x32;<![CDATA[<3>]]></b><c/><b q='/'>z</b></n:a>\n"
        let root = try #require(XMLElement.parse(Array(text.utf8)))
        #expect(root.name == "a")
        #expect(root.text("b") == "1 & 2<3>")
        #expect(root.children.map(\.name) == ["b", "c", "b"])
    }

    @Test(arguments: [
        "", "<a>", "<a></b>", "<a/><b/>", "text", "<a>&x;</a>", "<a", "<a><!-- </a>", "<!DOCTYPE a><a/>", "<a b=\"></a>", "<a>&#xD800;</a>",
    ])
    func refusesWhatIsNoXML(text: String) {
        #expect(XMLElement.parse(Array(text.utf8)) == nil)
    }

    @Test func refusesDeepXML() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(XMLElement.parse(Array(deep.utf8)) == nil)
    }

    /// Whatever the bytes, the parser ends and does not trap.
    @Test(arguments: 1...20)
    func survivesNonsense(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let alphabet = Array("<>/&;![]-?a= \"'#x".utf8)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            _ = XMLElement.parse(bytes)
            _ = RangeHeader(String(decoding: bytes, as: UTF8.self))
            _ = try? RequestTarget(String(decoding: bytes, as: UTF8.self))
        }
    }
}
