import FleetModel

extension Mark {
    /// The one that can be trusted least, which is all that what rests on several of them is worth.
    static func weakest(_ marks: [Mark]) -> Mark {
        marks.max { $0.rank < $1.rank } ?? .assumed
    }

    private var rank: Int { Kind.allCases.firstIndex(of: kind)! }
}
