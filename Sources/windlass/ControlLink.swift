import Foundation

/// A name in a state folder for the socket of the mount that owns it, so that `windlass recover` finds the mount.
enum ControlLink {
    static func path(in folder: String) -> String { folder + "/control" }

    /// Without it the mount is only not found from here.
    static func make(in folder: String?, to socket: String) {
        guard let folder else { return }
        remove(in: folder)
        try? FileManager.default.createSymbolicLink(atPath: path(in: folder), withDestinationPath: socket)
    }

    static func remove(in folder: String?) {
        guard let folder else { return }
        try? FileManager.default.removeItem(atPath: path(in: folder))
    }
}
