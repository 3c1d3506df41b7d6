internal import FileSystemTypes

extension DeviceNumber {
    /// GeeseFS writes the number in decimal, rclone in hexadecimal, both as `rdev`. rclone's modes are octal, so the mode tells.
    ///
    /// Nil for anything that is none, and for what is larger than Linux's device numbers are.
    init?(_ text: String, isHexadecimal: Bool) {
        let hasPrefix = text.hasPrefix("0x")
        let digits = hasPrefix ? String(text.dropFirst(2)) : text
        guard digits.utf8.first != UInt8(ascii: "+") else { return nil }
        let hexadecimal = UInt32(digits, radix: 16)
        let decimal = UInt32(digits)
        guard let number = isHexadecimal || hasPrefix ? hexadecimal ?? decimal : decimal ?? hexadecimal else { return nil }
        self.init(rawValue: number)
    }

    /// As GeeseFS writes it.
    var text: String { String(rawValue) }
}
