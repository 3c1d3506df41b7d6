/// What a device node stands for (makedev(3)).
package struct DeviceNumber: Hashable, Sendable {
    package let major: UInt32
    package let minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// From `st_rdev` as glibc has it, which for major numbers below 4,096 is also what FUSE passes in 32 bits.
    package init(deviceID: UInt64) {
        major = UInt32(deviceID >> 8 & 0xFFF) | UInt32(deviceID >> 32 & 0xFFFF_F000)
        minor = UInt32(deviceID & 0xFF) | UInt32(deviceID >> 12 & 0xFFFF_FF00)
    }

    /// `st_rdev` as glibc has it.
    package var deviceID: UInt64 {
        let major = UInt64(major)
        let minor = UInt64(minor)
        return minor & 0xFF | (major & 0xFFF) << 8 | (minor & 0xFFFF_FF00) << 12 | (major & 0xFFFF_F000) << 32
    }

    /// GeeseFS writes the number in decimal, rclone in hexadecimal, both as `rdev`. rclone's modes are octal, so the mode tells.
    init?(_ text: String, isHexadecimal: Bool) {
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        let isHexadecimal = isHexadecimal || text.hasPrefix("0x")
        guard digits.utf8.first != UInt8(ascii: "+") else { return nil }
        guard let number = isHexadecimal ? UInt64(digits, radix: 16) : UInt64(digits) ?? UInt64(digits, radix: 16) else { return nil }
        self.init(deviceID: number)
    }
}
