import Glibc

/// An error number that a file-system call can return (errno(3)).
package struct Errno: Error, Hashable, Sendable {
    package let code: Int32

    package init(_ code: Int32) {
        self.code = code
    }

    package static let notPermitted = Errno(EPERM)
    package static let noSuchFile = Errno(ENOENT)
    package static let interrupted = Errno(EINTR)
    package static let noSuchAddress = Errno(ENXIO)
    package static let inputOutput = Errno(EIO)
    package static let tooBig = Errno(E2BIG)
    package static let badHandle = Errno(EBADF)
    package static let tryAgain = Errno(EAGAIN)
    package static let noMemory = Errno(ENOMEM)
    package static let accessDenied = Errno(EACCES)
    package static let busy = Errno(EBUSY)
    package static let exists = Errno(EEXIST)
    package static let crossDevice = Errno(EXDEV)
    package static let notDirectory = Errno(ENOTDIR)
    package static let isDirectory = Errno(EISDIR)
    package static let invalidArgument = Errno(EINVAL)
    package static let fileTooLarge = Errno(EFBIG)
    package static let noSpace = Errno(ENOSPC)
    package static let readOnly = Errno(EROFS)
    package static let outOfRange = Errno(ERANGE)
    package static let nameTooLong = Errno(ENAMETOOLONG)
    package static let notImplemented = Errno(ENOSYS)
    package static let tooManySymbolicLinks = Errno(ELOOP)
    package static let noData = Errno(ENODATA)
    package static let notEmpty = Errno(ENOTEMPTY)
    package static let notSupported = Errno(ENOTSUP)
    package static let timedOut = Errno(ETIMEDOUT)
    package static let stale = Errno(ESTALE)
    package static let quotaExceeded = Errno(EDQUOT)
    package static let shuttingDown = Errno(ESHUTDOWN)

    /// The calling thread's `errno`; read it right after the failed call.
    package static var current: Errno {
        Errno(Glibc.errno)
    }
}

extension Errno: CustomStringConvertible {
    /// The text of strerror(3).
    package var description: String {
        unsafe String(cString: strerror(code))
    }
}
