import FileSystemTypes
import Glibc

/// Functions of the C library that its headers show to GNU programs only, by their names.
private enum LinuxCalls {
    typealias Allocate = @convention(c) (Int32, Int32, Int, Int) -> Int32
    typealias CopyRange = @convention(c) (Int32, UnsafeMutablePointer<Int>?, Int32, UnsafeMutablePointer<Int>?, Int, UInt32) -> Int
    typealias SetAttribute = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer?, Int, Int32) -> Int32
    typealias GetAttribute = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
    typealias ListAttributes = @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
    typealias RemoveAttribute = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32

    static func find<Function>(_ name: String, as type: Function.Type) -> Function {
        guard let address = unsafe dlsym(nil, name) else { preconditionFailure("the C library has no \(name)") }
        return unsafe unsafeBitCast(address, to: type)
    }
}

extension Posix {
    static func allocate(_ descriptor: Int32, _ mode: Int32, _ offset: Int, _ count: Int) throws(Errno) {
        try check(LinuxCalls.find("fallocate", as: LinuxCalls.Allocate.self)(descriptor, mode, offset, count))
    }

    static func seek(_ descriptor: Int32, _ offset: Int, _ whence: Int32) throws(Errno) -> Int {
        try check(lseek(descriptor, offset, whence))
    }

    static func copyRange(_ source: Int32, at offset: Int, to destination: Int32, at newOffset: Int, _ count: Int) throws(Errno) -> Int {
        var (offset, newOffset) = (offset, newOffset)
        let call = unsafe LinuxCalls.find("copy_file_range", as: LinuxCalls.CopyRange.self)
        return try check(unsafe call(source, &offset, destination, &newOffset, count, 0))
    }

    static func setAttribute(_ path: String, _ name: String, _ value: [UInt8], flags: Int32 = 0) throws(Errno) {
        let call = unsafe LinuxCalls.find("lsetxattr", as: LinuxCalls.SetAttribute.self)
        try check(unsafe call(path, name, value, value.count, flags))
    }

    static func attribute(_ path: String, _ name: String, limit: Int = 1 << 16) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let call = unsafe LinuxCalls.find("lgetxattr", as: LinuxCalls.GetAttribute.self)
        let count = try check(unsafe call(path, name, &buffer, limit))
        return Array(buffer.prefix(count))
    }

    /// How long the value is: what getxattr(2) tells for a buffer of no bytes.
    static func attributeSize(_ path: String, _ name: String) throws(Errno) -> Int {
        try check(unsafe LinuxCalls.find("lgetxattr", as: LinuxCalls.GetAttribute.self)(path, name, nil, 0))
    }

    static func attributeNames(_ path: String, limit: Int = 1 << 16) throws(Errno) -> [String] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let call = unsafe LinuxCalls.find("llistxattr", as: LinuxCalls.ListAttributes.self)
        let count = try check(unsafe call(path, &buffer, limit))
        return buffer.prefix(count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    static func attributeNamesSize(_ path: String) throws(Errno) -> Int {
        try check(unsafe LinuxCalls.find("llistxattr", as: LinuxCalls.ListAttributes.self)(path, nil, 0))
    }

    static func removeAttribute(_ path: String, _ name: String) throws(Errno) {
        try check(unsafe LinuxCalls.find("lremovexattr", as: LinuxCalls.RemoveAttribute.self)(path, name))
    }

    static func target(_ path: String) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 8192)
        let count = try check(unsafe readlink(path, &buffer, buffer.count))
        return buffer.prefix(count).map { UInt8(bitPattern: $0) }
    }

    /// A descriptor that is closed after `body`.
    static func with<Result>(
        _ path: String, _ flags: Int32, _ body: (Int32) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        let descriptor = try open(path, flags)
        defer { Glibc.close(descriptor) }
        return try body(descriptor)
    }
}
