import ObjectStorage
import Testing

@Suite(.timeLimit(.minutes(1))) struct ETagTests {
    @Test(arguments: [
        "d41d8cd98f00b204e9800998ecf8427e", "00000000000000000000000000000001", "D41D8CD98F00B204E9800998ECF8427E",
        "d41d8cd98f00b204e9800998ecf8427e-3",
        "+41d8cd98f00b204e9800998ecf8427e", "0x1d8cd98f00b204e9800998ecf8427e", "", "a", "opaque value", "d41d8cd98f00b204e9800998ecf8427\u{e9}",
    ]) func keepsItsText(_ text: String) {
        #expect(ETag(text).text == text)
        #expect(ETag("\"\(text)\"") == ETag(text))
        #expect(ETag(text).quoted == "\"\(text)\"")
    }

    @Test func differsWhereAnyDigitDoes() {
        let text = Array("d41d8cd98f00b204e9800998ecf8427e")
        for place in text.indices {
            var other = text
            other[place] = text[place] == "0" ? "1" : "0"
            #expect(ETag(String(other)) != ETag(String(text)))
        }
        #expect(ETag("D41D8CD98F00B204E9800998ECF8427E") != ETag("d41d8cd98f00b204e9800998ecf8427e"))
    }
}
