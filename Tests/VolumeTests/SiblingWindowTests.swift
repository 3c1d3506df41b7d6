import Testing
import Volume

@Suite struct SiblingWindowTests {
    @Test(.timeLimit(.minutes(1))) func opensWithTheSecondInOrder() {
        var window = SiblingWindow()
        #expect(window.want(10).isEmpty)
        #expect(!window.isOpen)
        #expect(window.want(11) == 12..<12 + SiblingWindow.first)
        #expect(window.isOpen)
    }

    @Test(.timeLimit(.minutes(1))) func asksForEachOnceAndStaysAhead() {
        var window = SiblingWindow()
        var asked: Set<Int> = []
        for place in 0..<2000 {
            for ahead in window.want(place) {
                #expect(ahead > place && ahead <= place + SiblingWindow.largest)
                #expect(asked.insert(ahead).inserted)
            }
            if place > 1 { #expect(asked.contains(place)) }
        }
    }

    /// The negative of the above: nothing is asked for without reason.
    @Test(.timeLimit(.minutes(1)), arguments: [[5, 4, 3, 2, 1], [1, 100, 200, 300, 400], [7, 7, 7, 7]])
    func staysClosedWithoutOrder(_ places: [Int]) {
        var window = SiblingWindow()
        for place in places { #expect(window.want(place).isEmpty) }
    }

    @Test(.timeLimit(.minutes(1))) func closesWhenSomebodyGoesElsewhere() {
        var window = SiblingWindow()
        for place in 0..<100 { _ = window.want(place) }
        #expect(window.want(1000).isEmpty)
        #expect(!window.isOpen)
        #expect(window.want(1001) == 1002..<1002 + SiblingWindow.first)
    }

    /// Who wants every tenth only is served less and less.
    @Test(.timeLimit(.minutes(1))) func shrinksWhenEntriesArePassedOver() {
        var window = SiblingWindow()
        for place in 0..<50 { _ = window.want(place) }
        var asked = 0
        for step in 6..<60 { asked += window.want(step * 10).count }
        #expect(asked < 2 * SiblingWindow.largest)
        #expect(!window.isOpen)
    }

    @Test(.timeLimit(.minutes(1))) func takesManyAtATime() {
        var window = SiblingWindow()
        #expect(window.want(25..<50) == 50..<100)
        #expect(window.want(50..<75).isEmpty == false)
        #expect(window.want(500..<525) == 525..<575)
    }
}
