/// Immutable bytes in one or more pieces, shared without copying.
///
/// A read that spans two cached blocks is answered with two slices, which the bridge hands to the kernel as one vector.
package struct Bytes: Sendable {
    package private(set) var pieces: [ArraySlice<UInt8>]
    package private(set) var count: Int

    package init() {
        pieces = []
        count = 0
    }

    package init(_ array: [UInt8]) {
        self.init(array[...])
    }

    package init(_ slice: ArraySlice<UInt8>) {
        pieces = slice.isEmpty ? [] : [slice]
        count = slice.count
    }

    package init(_ text: String) {
        self.init(Array(text.utf8))
    }

    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ other: Bytes) {
        pieces.append(contentsOf: other.pieces)
        count += other.count
    }

    /// The bytes from `offset` on, at most `maximum` of them; empty past the end. O(pieces), nothing is copied.
    package func slice(from offset: Int, upTo maximum: Int) -> Bytes {
        var result = Bytes()
        var skip = offset
        for piece in pieces where result.count < maximum {
            if skip >= piece.count {
                skip -= piece.count
                continue
            }
            let part = piece.dropFirst(skip).prefix(maximum - result.count)
            skip = 0
            result.pieces.append(part)
            result.count += part.count
        }
        return result
    }

    /// All bytes in one array: a copy when there is more than one piece.
    package var contiguous: [UInt8] {
        if pieces.count == 1 { return Array(pieces[0]) }
        var array: [UInt8] = []
        array.reserveCapacity(count)
        for piece in pieces { array.append(contentsOf: piece) }
        return array
    }
}

extension Bytes: Equatable {
    package static func == (left: Bytes, right: Bytes) -> Bool {
        left.count == right.count && left.contiguous == right.contiguous
    }
}
