import Logging

/// How far the kernel reads ahead in a mount, a setting of its backing device (/sys/class/bdi).
enum ReadAhead {
    /// To be called between mounting and INIT, whose answer can lower the value but not raise it.
    ///
    /// The device is taken from the mount table: stat on the mount would wait for an answer that nobody gives yet.
    static func set(_ kibibytes: Int, at mountPoint: String, _ logger: Logger) {
        guard let mount = MountTable.topmost(at: mountPoint) else {
            return logger.debug("read-ahead unchanged: the mount is not in the mount table", metadata: ["path": "\(mountPoint)"])
        }
        let path = "/sys/class/bdi/\(mount.device)/read_ahead_kb"
        if !FileText.write("\(kibibytes)", to: path) {
            logger.debug("read-ahead unchanged: cannot write (not root?)", metadata: ["path": "\(path)"])
        }
    }
}
