import ObjectStorage
import Recovery
import Testing

@Suite struct ExportPathTests {
    @Test(arguments: [
        ("a", ["a"]), ("a/b c/ä", ["a", "b c", "ä"]), ("a/.b/...", ["a", ".b", "..."]),
        ("../../etc/passwd", ["%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"]), ("a/../b", ["a%2F%2E%2E%2Fb"]), ("/etc/passwd", ["%2Fetc%2Fpasswd"]),
        ("a//b", ["a%2F%2Fb"]), ("a/.", ["a%2F%2E"]), ("a\0b", ["a%00b"]), ("folder/", ["folder%2F"]),
    ])
    func staysBelowTheFolder(_ key: String, _ names: [String]) {
        #expect(ExportPath.names(of: Key(key)) == names)
    }

    @Test func namesOfAnyKeyArePossible() {
        let long = Key(String(repeating: "x", count: 300))
        for key in [Key([0xFF, 0x2F, 0xFE]), long, Key([])] {
            for name in ExportPath.names(of: key) {
                #expect((1...255).contains((name + ".partial").utf8.count) && !name.contains("/") && name != "." && name != "..")
            }
        }
    }
}
