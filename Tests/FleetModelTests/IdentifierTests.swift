import FleetModel
import Testing

@Suite("Names and numbers of things")
struct IdentifierTests {
    @Test(
        "an id is 1 to 64 of A-Z a-z 0-9 _ . : -",
        arguments: [
            ("a", true), ("Az09_.:-", true), (String(repeating: "x", count: 64), true), ("", false),
            (String(repeating: "x", count: 65), false), ("a/b", false), ("a b", false), ("a\u{0}", false),
            ("a\n", false),
            ("+", false), ("#", false), ("$", false), ("é", false), ("а", false), ("a@b", false), ("a[b", false),
            ("a`b", false),
            ("a{b", false), ("a;b", false),
        ])
    func alphabet(text: String, isID: Bool) {
        #expect((EquipmentID(text) != nil) == isID)
        #expect((WorkOrderID(text) != nil) == isID)
        #expect(isTopicSegment(text.utf8) == isID)
        #expect(EquipmentID(text)?.description == (isID ? text : nil))
    }

    @Test(
        "a machine is fleet/equipment",
        arguments: [
            ("north/truck-17", true), ("north", false), ("north/", false), ("/truck", false), ("a/b/c", false),
            ("", false),
            ("a b/c", false),
        ])
    func machineKey(text: String, isKey: Bool) {
        #expect((MachineKey(text) != nil) == isKey)
        #expect(MachineKey(text)?.description == (isKey ? text : nil))
    }

    @Test("machines sort by fleet, then by equipment")
    func order() {
        let keys = ["a/z", "b/a", "b/b"].compactMap { MachineKey($0) }
        #expect(keys.reversed().sorted() == keys)
    }

    @Test("an SPN has 19 bits", arguments: [(UInt32(0), true), (524_287, true), (524_288, false), (.max, false)])
    func spn(number: UInt32, isSPN: Bool) { #expect((SPN(number) != nil) == isSPN) }

    @Test("an FMI has five bits", arguments: [(UInt8(0), true), (31, true), (32, false), (.max, false)])
    func fmi(number: UInt8, isFMI: Bool) { #expect((FMI(number) != nil) == isFMI) }

    @Test(
        "a coordinate is on the globe",
        arguments: [
            (90.0, 180.0, true), (-90, -180, true), (90.000_001, 0, false), (-90.000_001, 0, false),
            (0, 180.000_001, false),
            (0, -180.000_001, false), (.nan, 0, false), (0, .nan, false),
        ])
    func coordinate(latitude: Double, longitude: Double, isOnGlobe: Bool) {
        #expect((Coordinate(latitude: latitude, longitude: longitude) != nil) == isOnGlobe)
    }

    @Test("two signals of one name are the same; a look-up adds no name")
    func signals() {
        #expect(Signal("identifier_tests_a") == Signal("identifier_tests_a"))
        #expect(Signal("identifier_tests_a") != Signal("identifier_tests_b"))
        #expect(Signal(known: "identifier_tests_c") == nil)
        #expect(Signal(known: "identifier_tests_c") == nil)
        #expect(Signal(known: "identifier_tests_a") == Signal("identifier_tests_a"))
        #expect(Signal("identifier_tests_a").name == "identifier_tests_a")
    }

    @Test("a mode of operation comes back from its code", arguments: OperatingMode.allCases)
    func modes(mode: OperatingMode) { #expect(OperatingMode(code: mode.code) == mode) }

    @Test("other codes are no mode", arguments: [-1.0, 0.5, 6, .nan, .infinity, 1e300])
    func noMode(code: Double) { #expect(OperatingMode(code: code) == nil) }
}
