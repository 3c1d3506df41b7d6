internal import Credentials

/// A secret bound to a day, a region and a service: what Signature Version 4 signs everything with.
///
/// No description, dump or mirror of it shows the key.
struct SigningKeyV4: Hashable, Sendable {
    static let algorithm = "AWS4-HMAC-SHA256"

    let date: SigningDate
    /// `day/region/service/aws4_request`
    let scope: String
    private let key: [UInt8]

    init(secret: String, date: SigningDate, region: String, service: String) {
        let parts = [date.day, region, service, "aws4_request"]
        self.date = date
        scope = parts.joined(separator: "/")
        key = parts.reduce(Array("AWS4\(secret)".utf8), AuthenticationCode.sha256)
    }

    /// In lower-case hexadecimal.
    func signature(of text: String) -> String {
        AuthenticationCode.sha256(key, text).hexadecimal
    }
}

extension SigningKeyV4: CustomStringConvertible, CustomReflectable {
    var description: String { "SigningKeyV4(\(scope))" }
    var customMirror: Mirror { Mirror(self, children: ["scope": scope]) }
}
