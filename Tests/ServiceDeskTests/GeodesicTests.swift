import FleetModel
import ServiceDesk
import Testing

@Suite("Distance on the ellipsoid")
struct GeodesicTests {
    @Test(
        "it agrees with Vincenty's formula, worked out separately, to a millimetre",
        arguments: [
            (from: (54.42, 86.30), to: (55.03, 82.92), kilometres: 228.091_005_954),
            (from: (53.9, 27.57), to: (54.42, 86.3), kilometres: 3_723.474_453_504),
            (from: (52.43, 30.98), to: (52.05, 29.25), kilometres: 125.509_371_049),
            (from: (59.56, 150.8), to: (53.73, 91.36), kilometres: 3_576.951_382_672),
            (from: (54.42, 86.30), to: (54.42, 86.30), kilometres: 0),
        ] as [(from: (Double, Double), to: (Double, Double), kilometres: Double)]
    )
    func known(from: (Double, Double), to: (Double, Double), kilometres: Double) throws {
        let a = try #require(Coordinate(latitude: from.0, longitude: from.1))
        let b = try #require(Coordinate(latitude: to.0, longitude: to.1))
        #expect(abs(a.kilometres(to: b) - kilometres) < 1e-6)
        #expect(abs(b.kilometres(to: a) - kilometres) < 1e-6)
    }
}
