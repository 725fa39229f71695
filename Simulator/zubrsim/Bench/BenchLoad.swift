import FleetModel
import FleetRuntime
import FleetSimulation
import TelemetryCodec

/// The messages of a benchmark as MQTT packets, made before it begins: only the number of the packet, the number of the
/// frame and its time are put in when one is sent, so that the publisher is not what is measured.
///
/// The values are those of simulated driverless haul trucks. Message `n` comes from machine `n % machines`.
struct BenchLoad: Sendable {
    let body: BenchBody
    let machines: [Machine]
    /// Complete PUBLISH packets, one after the other.
    private let bytes: [UInt8]
    /// By variant, then by machine.
    private let packets: [Packet]

    /// Where a packet lies in `bytes`, and where in it the numbers stand.
    private struct Packet: Sendable {
        var start: Int
        var end: Int
        var id: Int
        var seq: Int
        var at: Int
    }

    static let fleet = FleetID(unchecked: "bench")
    static let model = ModelID(unchecked: "BELAZ-7513R")
    /// Ten digits, and so are all that come after it: a number is put in without moving anything.
    static let firstSeq: UInt64 = 1_000_000_000
    /// Different messages of one machine before they repeat; their meters stand still.
    private static let variantsMax = 4
    private static let machinesAtOnce = 100

    static func machines(_ count: Int) -> [Machine] {
        (0..<count).map { number in
            Machine(
                key: MachineKey(fleet: fleet, equipment: EquipmentID(unchecked: "haul-\(number)")), model: model,
                site: "pit", sitePosition: Coordinate(latitude: 54.3, longitude: 86.2))
        }
    }

    init(_ body: BenchBody, machines count: Int, catalog: Catalog, seed: UInt64) throws {
        self.body = body
        machines = BenchLoad.machines(count)
        let variants = body.frames > 1 ? 1 : BenchLoad.variantsMax
        var bytes: [UInt8] = []
        var packets = [[Packet]](repeating: [], count: variants)
        // A part of the fleet at a time: each machine has dice of its own, so it makes no difference to the values.
        for start in stride(from: 0, to: count, by: BenchLoad.machinesAtOnce) {
            let part = machines[start..<min(count, start + BenchLoad.machinesAtOnce)]
            let frames = try BenchLoad.frames(of: Array(part), body: body, variants: variants, catalog, seed)
            for (machine, own) in zip(part, frames) {
                let topic = Topic.machine(machine.key, .telemetry).description
                for variant in 0..<variants {
                    let text = try BenchLoad.text(of: Array(own[variant * body.frames..<(variant + 1) * body.frames]))
                    packets[variant].append(BenchLoad.append(text, on: topic, to: &bytes))
                }
            }
        }
        self.bytes = bytes
        self.packets = packets.flatMap { $0 }
    }

    /// The mean length of a message's body and topic, with what MQTT adds.
    var meanPacketBytes: Int { bytes.count / packets.count }

    /// Appends message `number`, counted from 0, as `id` and as of the time `at`, an `iso8601` of 24 characters.
    func append(_ number: Int, id: UInt16, at time: BenchTime, to output: inout [UInt8]) {
        let packet = packets[number % packets.count]
        let start = output.count
        bytes.withUnsafeBufferPointer { output.append(contentsOf: $0[packet.start..<packet.end]) }
        output[start + packet.id] = UInt8(id >> 8)
        output[start + packet.id + 1] = UInt8(id & 0xFF)
        var rest = seq(of: number)
        for digit in stride(from: start + packet.seq + 9, through: start + packet.seq, by: -1) {
            output[digit] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        let digits = body.frames == 1 ? time.text : time.milliseconds
        for (place, digit) in digits.enumerated() { output[start + packet.at + place] = digit }
    }

    /// The number of the first frame of a message.
    func seq(of number: Int) -> UInt64 {
        BenchLoad.firstSeq + UInt64(number / machines.count) * UInt64(body.frames)
    }

    /// The message that a stored frame came in; `nil` when it is none of ours.
    func number(of frame: Frame, from machine: MachineKey) -> Int? {
        guard let place = Int(machine.equipment.text.dropFirst("haul-".count)), frame.seq >= BenchLoad.firstSeq else {
            return nil
        }
        return Int(frame.seq - BenchLoad.firstSeq) / body.frames * machines.count + place
    }

    // MARK: - Making

    private static func frames(
        of machines: [Machine], body: BenchBody, variants: Int, _ catalog: Catalog, _ seed: UInt64
    ) throws -> [[Frame]] {
        let scenario = Scenario(name: "bench", interval: .seconds(1), failureRate: 0)
        var simulator = try FleetSimulator(
            scenario: scenario, machines: machines, catalog: catalog, seed: seed, start: scenario.start)
        let places = Dictionary(uniqueKeysWithValues: machines.enumerated().map { ($1.key, $0) })
        var frames = [[Frame]](repeating: [], count: machines.count)
        let needed = variants * body.frames
        while frames.contains(where: { $0.count < needed }) {
            guard simulator.now < scenario.start + .hours(4) else {
                throw CommandFailure("the simulated trucks stand still for hours, so there is nothing to send")
            }
            for message in simulator.advance(to: simulator.now + .seconds(10)) {
                guard case .frames(let sent) = message.content, let place = places[message.machine] else { continue }
                for frame in sent where frames[place].count < needed {
                    // A truck that stands has little to say, and one that tells its codes says less.
                    guard frame.faults == nil, frame.readings.count >= 50 else { continue }
                    frames[place].append(shape(frame, as: body, after: frames[place].first))
                }
            }
        }
        for place in frames.indices {
            for index in frames[place].indices {
                frames[place][index].seq = firstSeq + UInt64(index % body.frames)
                frames[place][index].observedAt = BenchTime.placeholder + BenchBody.step * (index % body.frames)
            }
        }
        return frames
    }

    private static func shape(_ frame: Frame, as body: BenchBody, after first: Frame?) -> Frame {
        var readings = body == .small ? frame.readings.filter { BenchBody.common.contains($0.signal) } : frame.readings
        readings = Array(readings.prefix(body.signals))
        // The simulated truck may have a signal or two less than the largest real ones.
        while readings.count < body.signals {
            readings.append(Reading(Signal("spare_\(readings.count)"), readings[readings.count - 40].value))
        }
        // The messages repeat, and a meter does not run backwards.
        for (index, reading) in readings.enumerated()
        where Meter.allCases.contains(where: { $0.signal == reading.signal }) {
            if let value = first?[reading.signal] { readings[index].value = value }
        }
        return Frame(boot: 1, seq: 0, observedAt: frame.observedAt, readings: readings)
    }

    private static func text(of frames: [Frame]) throws -> [UInt8] {
        guard frames.count > 1 else { return TelemetryEncoder.body(of: frames[0]) }
        guard let columns = TelemetryEncoder.columnarBody(of: frames) else {
            throw CommandFailure("the simulated frames do not all have the same signals")
        }
        return columns
    }

    /// PUBLISH with QoS 1: type, remaining length, topic, packet id, body.
    private static func append(_ body: [UInt8], on topic: String, to bytes: inout [UInt8]) -> Packet {
        let start = bytes.count
        bytes.append(0x32)
        bytes.append(remainingLength: 2 + topic.utf8.count + 2 + body.count)
        bytes.append(mqtt: topic)
        let id = bytes.count - start
        bytes += [0, 0]
        let text = bytes.count - start
        bytes += body
        func place(after key: String) -> Int {
            let key = Array(key.utf8)
            let found = body.indices.first { body[$0...].starts(with: key) }
            guard let found else { preconditionFailure("our own encoder writes no \(key)") }
            return text + found + key.count
        }
        let at =
            body.starts(with: Array("{\"boot\":1,\"seq\":1000000000,\"at\":{".utf8))
            ? place(after: "\"start\":") : place(after: "\"at\":\"")
        return Packet(start: start, end: bytes.count, id: id, seq: place(after: "\"seq\":"), at: at)
    }
}

/// A time as it is put into a message, in both of its forms.
struct BenchTime {
    let text: [UInt8]
    let milliseconds: [UInt8]

    /// An odd millisecond always has three decimals, so that every time is equally long.
    init(_ time: Timestamp) {
        let odd = Timestamp(milliseconds: time.milliseconds | 1)
        text = Array(odd.iso8601.utf8)
        milliseconds = Array("\(odd.milliseconds)".utf8)
        precondition(text.count == 24 && milliseconds.count == 13, "times are as long as their places")
    }

    static let placeholder = Timestamp(milliseconds: 1_784_000_000_001)
}

extension [UInt8] {
    /// MQTT's length of what follows: seven bits a byte, least significant first.
    mutating func append(remainingLength length: Int) {
        var rest = length
        while rest >= 128 {
            append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// A string as MQTT has it: its length in two bytes, most significant first, and its bytes.
    mutating func append(mqtt text: String) {
        append(UInt8(text.utf8.count >> 8))
        append(UInt8(text.utf8.count & 0xFF))
        append(contentsOf: text.utf8)
    }
}
