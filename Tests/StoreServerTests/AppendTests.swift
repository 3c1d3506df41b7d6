import ObjectStorage
import StoreServer
import Testing

/// Appends where their limits are within reach.
@Suite(.timeLimit(.minutes(1)))
struct AppendTests {
    private static func dialect(_ form: Dialect.AppendForm) -> Dialect {
        var dialect = Dialect.s3
        dialect.append = form
        dialect.limits.parts = 3
        dialect.limits.object = 100
        return dialect
    }

    private static func append(_ store: TestStore, _ form: Dialect.AppendForm, _ position: Int, _ text: String) async throws -> RawAnswer? {
        let body = Array(text.utf8)
        if form == .offset { return try await store.client.send("PUT", "/bkt/log", headers: ["x-amz-write-offset-bytes": "\(position)"], body: body) }
        return try await store.client.send(form == .post ? "POST" : "PUT", "/bkt/log", "append=&position=\(position)", body: body)
    }

    @Test(arguments: Dialect.AppendForm.allCases)
    func takesOnlySoManyPieces(_ form: Dialect.AppendForm) async throws {
        try await TestStore.with(dialect: Self.dialect(form)) { store in
            for position in 0..<3 { #expect(try await Self.append(store, form, position, "x")?.status == 200) }
            let refusal = try await Self.append(store, form, 3, "x")
            #expect(refusal?.status == (form == .offset ? 400 : 409))
            #expect(refusal?.text.contains(form == .offset ? "TooManyParts" : "ObjectNotAppendable") == true)
            #expect(try await store.client.send("GET", "/bkt/log")?.text == "xxx")
        }
    }

    @Test(arguments: Dialect.AppendForm.allCases)
    func takesOnlySoManyBytes(_ form: Dialect.AppendForm) async throws {
        try await TestStore.with(dialect: Self.dialect(form)) { store in
            #expect(try await Self.append(store, form, 0, String(repeating: "x", count: 60))?.status == 200)
            let refusal = try await Self.append(store, form, 60, String(repeating: "x", count: 41))
            #expect(refusal?.text.contains(form == .post ? "AppendTooLarge" : "EntityTooLarge") == true)
            #expect(try await Self.append(store, form, 60, String(repeating: "x", count: 40))?.status == 200)
        }
    }

    @Test func piecesShareAFileAndOutliveARestart() async throws {
        var dialect = Self.dialect(.rgw)
        dialect.limits = .s3
        try await TestStore.with(dialect: dialect) { store in
            var whole = ""
            for number in 0..<50 {
                #expect(try await Self.append(store, .rgw, whole.utf8.count, "line \(number)\n")?.status == 200)
                whole += "line \(number)\n"
            }
            #expect(store.files.filter { $0.contains("/blobs/") }.count == 1)
            try await store.restart()
            #expect(try await Self.append(store, .rgw, whole.utf8.count, "end")?.status == 200)
            #expect(try await store.client.send("GET", "/bkt/log")?.text == whole + "end")
            #expect(try await Self.append(store, .rgw, whole.utf8.count, "again")?.status == 409)
        }
    }

    /// What a reader has begun to read does not change under it, and a copy does not grow with its source.
    @Test func copiesDoNotGrow() async throws {
        var dialect = Self.dialect(.rgw)
        dialect.limits = .s3
        try await TestStore.with(dialect: dialect) { store in
            _ = try await Self.append(store, .rgw, 0, "one")
            _ = try await store.client.send("PUT", "/bkt/copy", headers: ["x-amz-copy-source": "bkt/log"])
            _ = try await Self.append(store, .rgw, 3, "two")
            #expect(try await store.client.send("GET", "/bkt/copy")?.text == "one")
            #expect(try await store.client.send("GET", "/bkt/log")?.text == "onetwo")
        }
    }
}
