import BucketAdministration
import Testing

/// What people see.
@Suite("Showing settings", .timeLimit(.minutes(1)))
struct ShowingTests {
    private func lines(_ json: String) throws -> [String] { SettingTable.text(try JSONValue.parse(json)) }

    @Test("A list of objects is a table")
    func table() throws {
        let json = #"""
            {"Rules": [{"Filter": {"Prefix": "logs/"}, "ID": "a", "Expiration": {"Days": 30}}, {"ID": "longer", "Filter": {"Prefix": ""}}]}
            """#
        #expect(
            try lines(json) == [
                "EXPIRATION.DAYS  FILTER.PREFIX  ID",
                "30               logs/          a",
                "-                ''             longer",
            ])
    }

    @Test("Everything else is a name and a value a line")
    func pairs() throws {
        #expect(
            try lines(#"{"Status": "Enabled", "Deep": {"A": 1, "B": ["x", "y"]}, "None": []}"#) == [
                "Deep.A  1", "Deep.B  x,y", "None    none", "Status  Enabled",
            ])
    }

    @Test("Both in one document")
    func both() throws {
        #expect(try lines(#"{"Owner": {"ID": "me"}, "Grants": [{"Permission": "READ"}]}"#) == ["Owner.ID  me", "", "Grants:", "PERMISSION", "READ"])
    }

    @Test("Control characters do not reach the terminal")
    func control() throws {
        #expect(try lines(#"{"A": "\u001b[2J"}"#) == [#"A  "\u001b[2J""#])
    }

    @Test("A change is shown line by line, whatever the order of members")
    func difference() throws {
        let before = try JSONValue.parse(#"{"Status": "Enabled", "A": [1, 2]}"#)
        #expect(LineDifference.lines(from: before, to: ["A": .array([.integer(1), .integer(2)]), "Status": .string("Enabled")]) == [])
        #expect(
            LineDifference.lines(from: before, to: ["Status": .string("Suspended"), "A": .array([.integer(1), .integer(2)])]) == [
                " {", "   \"A\": [", "     1,", "     2", "   ],", "-  \"Status\": \"Enabled\"", "+  \"Status\": \"Suspended\"", " }",
            ])
        #expect(LineDifference.lines(from: nil, to: ["A": .null]) == ["+{", "+  \"A\": null", "+}"])
        #expect(LineDifference.lines(from: ["A": .null], to: nil).allSatisfy { $0.hasPrefix("-") })
    }

    @Test(
        "JSON reads as what was written",
        arguments: [
            "null", "true", "-5", "1.5", #""\u0001\"\\\n\t/é🙂""#, "[]", "{}", #"{"a": [{"b": null}]}"#,
        ])
    func json(_ text: String) throws {
        let value = try JSONValue.parse(text)
        #expect(try JSONValue.parse(value.text) == value)
    }

    @Test("The table of features has a row for each and says what can be done")
    func features() {
        let rows = FeatureTable.rows
        #expect(rows.count == BucketFeature.all.count + 1)
        #expect(rows.first { $0[0] == "quota" }?.dropFirst().prefix(4) == ["get", "get,set,delete", "get,set,delete", "-"])
        #expect(rows.first { $0[0] == "trigger" }?.dropFirst().prefix(4) == ["-", "-", "-", "get,set,delete"])
    }
}
