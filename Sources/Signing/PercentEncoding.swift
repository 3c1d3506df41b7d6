/// Percent-encoding as S3 signatures want it: everything but `A-Z a-z 0-9 - . _ ~` as `%XX` in upper case.
///
/// Source: "Create a signed AWS API request", UriEncode, Amazon S3 API Reference; RFC 3986, 2.3.
package enum PercentEncoding {
    /// For query names and values.
    package static func encode(_ text: String) -> String {
        encode(Array(text.utf8), keeping: nil)
    }

    /// For object keys in a path: slashes stay.
    package static func encodePath(_ bytes: [UInt8]) -> String {
        encode(bytes, keeping: UInt8(ascii: "/"))
    }

    /// Encodes all bytes but the unreserved ones and `kept`.
    package static func encode(_ bytes: [UInt8], keeping kept: UInt8?) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            if isUnreserved(byte) || byte == kept {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(hexadecimal[Int(byte >> 4)])
                result.append(hexadecimal[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Undoes percent-encoding; a `%` that is not followed by two hexadecimal digits stays as it is.
    ///
    /// `plusIsBlank` is for listings, which encode as HTML forms do.
    package static func decode(_ text: some Sequence<UInt8>, plusIsBlank: Bool = false) -> [UInt8] {
        let input = Array(text)
        var result: [UInt8] = []
        result.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            let byte = input[index]
            if byte == UInt8(ascii: "%"), index + 2 < input.count, let high = digit(input[index + 1]), let low = digit(input[index + 2]) {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return result
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
