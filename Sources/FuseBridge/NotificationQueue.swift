import FileSystemTypes

/// What waits to be sent to the kernel: bounded, oldest first, nothing twice.
struct NotificationQueue {
    enum Item {
        case notification(KernelNotification)
        case store(Bytes, Inode, Int64)
    }

    /// What the sending thread does next.
    enum Step {
        case send(Item)
        case end
    }

    private var waiting: [Item?] = []
    /// What `waiting` held before this index has been taken out.
    private var sent = 0
    private var known: Set<KernelNotification> = []
    private var storedBytes = 0
    private var isDisarmed = false
    private(set) var isServed = false

    private var count: Int { waiting.count - sent }

    /// False when it is dropped. One that waits already is not sent twice.
    mutating func add(_ notification: KernelNotification) -> Bool {
        guard !isDisarmed else { return false }
        if known.contains(notification) { return true }
        guard count < KernelNotifierLimit.queued else { return false }
        known.insert(notification)
        waiting.append(.notification(notification))
        return true
    }

    mutating func add(_ bytes: Bytes, _ inode: Inode, _ offset: Int64) -> Bool {
        guard !isDisarmed, count < KernelNotifierLimit.queued, bytes.count <= KernelNotifierLimit.stored else { return false }
        guard storedBytes + bytes.count <= KernelNotifierLimit.storedTogether else { return false }
        storedBytes += bytes.count
        waiting.append(.store(bytes, inode, offset))
        // What is to be dropped after this store must not count as waiting before it.
        known.removeAll()
        return true
    }

    /// Called by the sending thread when it begins.
    mutating func serve() {
        isServed = true
    }

    /// Nil when there is nothing to do.
    mutating func next() -> Step? {
        if isDisarmed {
            isServed = false
            return .end
        }
        guard sent < waiting.count, let item = waiting[sent] else { return nil }
        waiting[sent] = nil
        sent += 1
        if sent == waiting.count || sent >= KernelNotifierLimit.queued {
            waiting.removeFirst(sent)
            sent = 0
        }
        switch item {
        case .notification(let notification): known.remove(notification)
        case .store(let bytes, _, _): storedBytes -= bytes.count
        }
        return .send(item)
    }

    /// Drops what waits, and what comes from now on.
    mutating func disarm() {
        self = NotificationQueue(isServed: isServed, isDisarmed: true)
    }

    init() {}

    private init(isServed: Bool, isDisarmed: Bool) {
        self.isServed = isServed
        self.isDisarmed = isDisarmed
    }
}
