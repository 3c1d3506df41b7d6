/// Which files of a transfer are done, in bounded memory: all up to one path in the order of the listing, and some after it; pure.
package struct FinishedFiles: Hashable, Sendable {
    /// Everything up to and with it is done.
    package private(set) var mark: RelativePath?
    /// Done, and after the mark.
    package private(set) var beyond: Set<RelativePath> = []
    /// Begun in the order of the listing, from the first that is not done.
    private var begun: [RelativePath] = []
    private var first = 0

    package init(mark: RelativePath? = nil, beyond: Set<RelativePath> = []) {
        self.mark = mark
        self.beyond = beyond
    }

    package func contains(_ path: RelativePath) -> Bool {
        mark.map { path <= $0 } ?? false || beyond.contains(path)
    }

    /// Files begun and not behind the mark: whoever begins them sees to it that there are not too many.
    package var window: Int { begun.count - first }

    /// To be called in ascending order.
    package mutating func begin(_ path: RelativePath) {
        begun.append(path)
    }

    package mutating func finish(_ path: RelativePath) {
        beyond.insert(path)
        while first < begun.count, beyond.remove(begun[first]) != nil {
            mark = max(mark ?? begun[first], begun[first])
            first += 1
        }
        if first >= 1024 {
            begun.removeFirst(first)
            first = 0
        }
    }
}
