import Glibc

/// Keeps memory, where the keys are, out of what a crash leaves behind.
enum CrashReports {
    /// The Swift runtime reads it when a program starts.
    static let variable = "SWIFT_BACKTRACE"
    /// Registers are reported with the memory that they point to.
    static let setting = "registers=none"

    /// No memory dumps (core(5)), and no registers in the runtime's own report, unless the environment asks for them.
    ///
    /// The runtime has read its settings by now, so the program begins anew with them; it remains the same process.
    static func withholdMemory() {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 {
            limit.rlim_cur = 0
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        }
        guard unsafe getenv(variable) == nil else { return }
        unsafe setenv(variable, setting, 0)
        var arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
        // Only where it fails there is something left to do: to go on without.
        unsafe execv("/proc/self/exe", &arguments)
        unsafe arguments.forEach { unsafe free($0) }
    }
}
