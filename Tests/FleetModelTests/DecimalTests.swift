import FleetModel
import Testing

@Suite("Numbers as people write them")
struct DecimalTests {
    @Test(
        "rounded to so many decimals",
        arguments: [
            (12.345, 1, "12.3"), (12.35, 0, "12"), (12.5, 0, "13"), (-0.04, 1, "0.0"), (-0.06, 1, "-0.1"),
            (0, 2, "0.00"),
            (999.999, 2, "1000.00"), (5, 3, "5.000"), (-1.5, 1, "-1.5"),
        ])
    func rounded(value: Double, places: Int, text: String) { #expect(decimal(value, places: places) == text) }

    @Test("what is too large for whole numbers is written as it is", arguments: [1e300, -1e300, .infinity, -.infinity])
    func large(value: Double) { #expect(decimal(value, places: 2) == "\(value)") }

    @Test(
        "without trailing zeros",
        arguments: [(103.0, "103"), (0.5, "0.5"), (-2, "-2"), (0, "0"), (999_999_999_999_999, "999999999999999")])
    func short(value: Double, text: String) { #expect(shortest(value) == text) }

    @Test("with leading zeros", arguments: [(7, 2, "07"), (0, 1, "0"), (123, 2, "123"), (0, 4, "0000")])
    func zeros(number: Int, width: Int, text: String) { #expect(padded(number, width) == text) }
}
