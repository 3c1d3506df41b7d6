/// Which device a special file stands for (`st_rdev`, makedev(3)).
package struct DeviceNumber: Hashable, Sendable {
    /// 12 bits
    package let major: UInt32
    /// 20 bits
    package let minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major & 0xfff
        self.minor = minor & 0xf_ffff
    }

    /// Linux's form in 32 bits, which `dev_t` of the C library agrees with as far as it goes.
    package init(rawValue: UInt32) {
        self.init(major: rawValue >> 8 & 0xfff, minor: rawValue & 0xff | rawValue >> 12 & 0xfff00)
    }

    package var rawValue: UInt32 {
        minor & 0xff | major << 8 | (minor & 0xfff00) << 12
    }

    /// What files that are no devices have.
    package static let none = DeviceNumber(major: 0, minor: 0)
}
