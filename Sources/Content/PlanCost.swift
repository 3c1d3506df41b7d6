/// What requests and bytes are worth, to choose between ways to store a file.
///
/// The unit is one byte sent. A request of 1 MiB: about what a connection of 50 MB/s carries in the 20 ms that a store takes to answer,
/// and near the ratio of the prices of requests and of traffic.
package struct CostModel: Hashable, Sendable {
    /// Of one request of any kind; all kinds wait for the store about as long.
    package var request: Double = 1_048_576
    package var byteUp: Double = 1
    package var byteDown: Double = 1

    package init() {}

    package init(request: Double, byteUp: Double = 1, byteDown: Double = 1) {
        self.request = request
        self.byteUp = byteUp
        self.byteDown = byteDown
    }

    func up(_ bytes: Int64) -> Double { byteUp * Double(bytes) }
    func down(_ bytes: Int64) -> Double { byteDown * Double(bytes) }

    package func total(_ cost: PlanCost) -> Double {
        request * Double(cost.requests) + up(cost.up) + down(cost.down)
    }
}

/// What a plan asks of the store.
package struct PlanCost: Hashable, Sendable {
    /// Of all kinds, the fetches among them.
    package var requests: Int
    /// Bytes of bodies sent.
    package var up: Int64
    /// Bytes of bodies fetched.
    package var down: Int64

    package init(requests: Int = 0, up: Int64 = 0, down: Int64 = 0) {
        self.requests = requests
        self.up = up
        self.down = down
    }

    static func + (left: PlanCost, right: PlanCost) -> PlanCost {
        PlanCost(requests: left.requests + right.requests, up: left.up + right.up, down: left.down + right.down)
    }

    static func += (left: inout PlanCost, right: PlanCost) {
        left = left + right
    }
}
