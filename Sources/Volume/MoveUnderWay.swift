internal import ObjectStorage
internal import Staging

/// A rename of many objects that has begun: what is held for it and what the journal says of it.
struct MoveUnderWay: Sendable {
    let hold: MovesUnderWay.ID
    let id: Int64
    let source: MovePlace
    let target: MovePlace
    let mover: ObjectMover
    var detail: MoveDetail

    var intent: Intent {
        Intent(id: id, action: .rename(from: source.key, to: target.key, base: nil, cursor: detail.encoded))
    }
}
