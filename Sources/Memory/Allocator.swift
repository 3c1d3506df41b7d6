internal import CAllocator

/// How the C library's allocator treats the buffers of a mount (mallopt(3)).
package enum Allocator {
    /// Blocks and pieces of parts come and go all the time. Given back to the kernel each time, every page of the next one would be a page fault,
    /// which costs ten times what copying into it does. So some MiB stay at hand, in few arenas: each keeps its own.
    ///
    /// To be called before the first thread is started.
    package static func keepBuffers() {
        windlass_tune_allocator(4 << 20, 16 << 20, 4)
    }
}
