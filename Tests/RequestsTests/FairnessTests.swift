import Requests
import Testing

/// Uploads and reads beside each other, in simulated time.
@Suite struct FairnessTests {
    private let uploads = Simulation.Load(programs: 150, requestClass: .upload, kind: .upload, bytes: 8 * 1_048_576)
    private let reads = Simulation.Load(programs: 150, requestClass: .read, kind: .smallGet, bytes: 65_536)

    private func figures(_ loads: [Simulation.Load]) async -> Simulation.Figures {
        var model = StoreModel()
        model.connectionBandwidth = 1e7
        model.bandwidth = 1e10
        var simulation = Simulation(loads, model)
        return await simulation.run(seconds: 30, settling: 10)
    }

    /// A part takes a second, a read a fiftieth of one: each of the two gets about half of the slots in spite of that.
    @Test(.timeLimit(.minutes(1))) func neitherStarvesTheOther() async {
        let both = await figures([uploads, reads])
        let uploadsAlone = await figures([uploads])
        let readsAlone = await figures([reads])
        for (requestClass, alone) in [(RequestClass.upload, uploadsAlone), (.read, readsAlone)] {
            let share = Double(both.completed[requestClass] ?? 0) / Double(alone.completed[requestClass] ?? 1)
            print("\(requestClass): \(share) of what it does alone, longest wait \(both.longestWait[requestClass] ?? 0) s")
            #expect(share >= 0.4)
        }
        #expect((both.longestWait[.read] ?? 99) < 1)
    }

    @Test(.timeLimit(.minutes(1))) func questionsFindTheirWay() async {
        let questions = Simulation.Load(programs: 4, requestClass: .interactive, kind: .head)
        let ahead = Simulation.Load(programs: 150, requestClass: .readAhead, kind: .mediumGet, bytes: 1_048_576)
        let all = await figures([uploads, reads, ahead, questions])
        print("longest waits: \(all.longestWait)")
        #expect((all.longestWait[.interactive] ?? 99) < 0.1)
        for requestClass in RequestClass.allCases { #expect((all.completed[requestClass] ?? 0) > 100) }
    }
}
