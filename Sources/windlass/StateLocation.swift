import FileSystemTypes
import Foundation
import Staging

/// Where the state folders of mounts are.
enum StateLocation {
    /// `chosen`, as `--state-dir` says it, or the default; made if it is missing.
    static func base(_ chosen: String?) throws(StateError) -> String {
        let base = chosen.map { URL(filePath: $0).path } ?? StateFolder.defaultBase(environment: ProcessInfo.processInfo.environment)
        guard let base else {
            throw StateError(.unusable(.noSuchFile), "neither XDG_STATE_HOME nor HOME is set; give a folder with --state-dir")
        }
        try StateFolder.makeBase(base)
        return base
    }
}
