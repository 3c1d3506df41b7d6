package import BucketAdministration
internal import FileSystemTypes
package import ObjectStorage
package import RemoteStore

/// What a browser may upload with a form.
package struct FormWish: Sendable {
    /// Of the object; where it ends in `${filename}` the browser's file names the rest.
    package var key: String
    package var seconds: Int
    /// In bytes.
    package var sizes: ClosedRange<Int64>?
    /// As it is, or its beginning where it ends in `*`.
    package var contentType: String?
    package var accessControl: String?
    package var storageClass: String?
    package var metadata: [(name: String, value: String)] = []
    /// Where the browser goes afterwards.
    package var redirect: String?
    /// 200, 201 or 204.
    package var status: Int?

    package init(key: String, seconds: Int) {
        self.key = key
        self.seconds = seconds
    }

    static let fileName = "${filename}"

    /// Fields that stand in the form as they are, but for those that sign it.
    func fields(_ dialect: Dialect) -> SignedForm.Fields {
        var fields: SignedForm.Fields = [("key", key)]
        if let contentType, !contentType.hasSuffix("*") { fields.append(("Content-Type", contentType)) }
        if let accessControl { fields.append((dialect.family == .obs ? dialect.ownHeader("acl") : "acl", accessControl)) }
        if let storageClass { fields.append((dialect.ownHeader("storage-class"), storageClass)) }
        for item in metadata { fields.append((dialect.ownMetadataPrefix + item.name, item.value)) }
        if let redirect { fields.append(("success_action_redirect", redirect)) }
        if let status { fields.append(("success_action_status", String(status))) }
        return fields
    }

    /// The document that is signed.
    func policy(_ bucket: BucketName, _ dialect: Dialect, fixed: SignedForm.Fields, now: Timestamp) -> String {
        var conditions: [JSONValue] = [["bucket": .string(bucket.text)]]
        for field in fields(dialect) + fixed {
            if field.name == "key", key.hasSuffix(Self.fileName) {
                conditions.append(.array(["starts-with", "$key", String(key.dropLast(Self.fileName.count))].map { .string($0) }))
            } else {
                conditions.append(.object([JSONMember(field.name, .string(field.value))]))
            }
        }
        if let contentType, contentType.hasSuffix("*") {
            conditions.append(.array(["starts-with", "$Content-Type", String(contentType.dropLast())].map { .string($0) }))
        }
        if let sizes { conditions.append(.array([.string("content-length-range"), .integer(sizes.lowerBound), .integer(sizes.upperBound)])) }
        let expiration = Timestamp(seconds: now.seconds + Int64(seconds)).iso8601
        return JSONValue.object([JSONMember("expiration", .string(expiration)), JSONMember("conditions", .array(conditions))]).text
    }
}

/// A form that is ready to be sent.
package struct BrowserForm: Sendable {
    package let url: String
    package let fields: SignedForm.Fields
    /// The type is the browser's to say, below what it begins with.
    let asksType: Bool

    package var json: JSONValue {
        .object([
            JSONMember("url", .string(url)), JSONMember("fields", .object(fields.map { JSONMember($0.name, .string($0.value)) })),
        ])
    }

    /// A page with the form in it.
    package var page: String {
        var lines = [
            "<!DOCTYPE html>", "<html lang=\"en\">", "<head><meta charset=\"utf-8\"><title>Upload</title></head>", "<body>",
            "<form action=\"\(Self.escaped(url))\" method=\"post\" enctype=\"multipart/form-data\">",
        ]
        lines += fields.map { "  <input type=\"hidden\" name=\"\(Self.escaped($0.name))\" value=\"\(Self.escaped($0.value))\">" }
        if asksType { lines.append("  <label>Type <input type=\"text\" name=\"Content-Type\"></label>") }
        lines += ["  <input type=\"file\" name=\"file\" required>", "  <button type=\"submit\">Upload</button>", "</form>", "</body>", "</html>"]
        return lines.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")].reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}

extension ObjectCommands {
    package func form(_ wish: FormWish) async throws(StoreError) -> BrowserForm {
        let signed = try await objects.signedForm { wish.policy(objects.bucket, dialect, fixed: $0, now: $1) }
        return BrowserForm(
            url: signed.url, fields: wish.fields(dialect) + signed.fields, asksType: wish.contentType?.hasSuffix("*") ?? false)
    }
}
