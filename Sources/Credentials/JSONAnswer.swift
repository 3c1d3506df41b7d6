internal import Foundation

/// JSON that a service, a program or a file gave. Errors name no value of it: it holds secrets.
enum JSONAnswer {
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], from source: String) throws(CredentialsError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let DecodingError.keyNotFound(key, _) {
            throw CredentialsError("\(source) gave JSON without \(key.stringValue); check what is configured there")
        } catch {
            throw CredentialsError("\(source) gave something else than the JSON expected; check what is configured there")
        }
    }

    /// The code of an error that a service reports, cut down to the characters that codes consist of.
    static func code(_ text: String?) -> String {
        let known = (text ?? "").unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || $0 == "." || $0 == "_" || $0 == "-" || ("0"..."9").contains($0))
        }
        return known.isEmpty ? "" : " (\(String(String.UnicodeScalarView(known.prefix(48)))))"
    }
}
