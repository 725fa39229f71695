import FleetModel
import FleetSimulation

/// A failure mode as `failure-modes.yaml` has it.
struct ModeEntry: Decodable {
    private(set) var mark: Mark
    private var mode: FailureMode

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case title, mark, parts, needs, course, stress, signals, codes, ends, stops, service, repair, note
        case courseHours = "course_hours"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        mark = try Mark(words: fields.decode(String.self, forKey: .mark), fields, .mark)
        let signals = try fields.decodeIfPresent([String: EffectEntry].self, forKey: .signals) ?? [:]
        mode = FailureMode(
            id: "", title: try fields.decode(String.self, forKey: .title),
            parts: try fields.decode([PartEntry].self, forKey: .parts).map(\.part),
            needs: try oneOf(fields, .needs), course: try required(oneOf(fields, .course), fields, .course),
            courseHours: try positive(fields, .courseHours),
            stress: try fields.decodeIfPresent(StressEntry.self, forKey: .stress)?.stress ?? .init(),
            effects: signals.sorted { $0.key < $1.key }.map { $0.value.effect(on: Signal($0.key)) },
            codes: try (fields.decodeIfPresent([CodeEntry].self, forKey: .codes) ?? []).map(\.code),
            end: try required(oneOf(fields, .ends), fields, .ends), stops: try oneOf(fields, .stops),
            isRenewedByService: try fields.decodeIfPresent(Bool.self, forKey: .service) ?? false)
        for key in [CodingKeys.repair, .note] { _ = try fields.decodeIfPresent(String.self, forKey: key) }
        let damages = mode.codes.map(\.damage)
        guard damages == damages.sorted() else {
            throw DecodingError.dataCorruptedError(
                forKey: .codes, in: fields, debugDescription: "put them in the order of their damage")
        }
        if mode.course == .sudden, mode.effects.contains(where: { $0.change != .event }) {
            throw DecodingError.dataCorruptedError(
                forKey: .signals, in: fields, debugDescription: "a sudden failure shows in no signal beforehand")
        }
    }

    func mode(id: String) -> FailureMode {
        var mode = mode
        mode.id = id
        return mode
    }
}

private struct PartEntry: Decodable {
    var part: FailureMode.Part

    private enum CodingKeys: String, CodingKey, CaseIterable { case table, subsystem, share }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        part = FailureMode.Part(
            table: try fields.decode(String.self, forKey: .table),
            subsystem: try fields.decode(String.self, forKey: .subsystem),
            share: try required(positive(fields, .share), fields, .share))
    }
}

private struct StressEntry: Decodable {
    var stress: FailureMode.Stress

    private enum CodingKeys: String, CodingKey, CaseIterable { case load, heat }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        stress = FailureMode.Stress(
            load: try fields.decodeIfPresent(Double.self, forKey: .load) ?? 0,
            heat: try fields.decodeIfPresent(Double.self, forKey: .heat) ?? 0)
    }
}

private struct CodeEntry: Decodable {
    var code: FailureMode.StagedCode

    private enum CodingKeys: String, CodingKey, CaseIterable { case spn, fmi, sa, damage }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        guard let spn = SPN(try fields.decode(UInt32.self, forKey: .spn)) else {
            throw DecodingError.dataCorruptedError(forKey: .spn, in: fields, debugDescription: "must be 0 to 524287")
        }
        guard let fmi = FMI(try fields.decode(UInt8.self, forKey: .fmi)) else {
            throw DecodingError.dataCorruptedError(forKey: .fmi, in: fields, debugDescription: "must be 0 to 31")
        }
        let damage = try fields.decode(Double.self, forKey: .damage)
        guard (0...1).contains(damage) else {
            throw DecodingError.dataCorruptedError(forKey: .damage, in: fields, debugDescription: "must be 0 to 1")
        }
        code = FailureMode.StagedCode(
            key: DiagnosticTroubleCode.Key(
                spn: spn, fmi: fmi, sourceAddress: SourceAddress(try fields.decode(UInt8.self, forKey: .sa))),
            damage: damage)
    }
}

private struct EffectEntry: Decodable {
    private var change: SignalEffect.Change
    private var noise: Double
    private var step: Double?
    private var driver: SignalEffect.Driver

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case add, factor, to, halvings, counts, drops, noise, round, with
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Double? { try fields.decodeIfPresent(Double.self, forKey: key) }
        var changes: [SignalEffect.Change] = []
        if let most = try number(.add) { changes.append(.add(most)) }
        if let factor = try number(.factor) { changes.append(.factor(factor)) }
        if let end = try number(.to) { changes.append(.to(end)) }
        if let count = try number(.halvings) { changes.append(.halvings(count)) }
        if let share = try number(.counts) { changes.append(.counts(share)) }
        if try fields.decodeIfPresent(Bool.self, forKey: .drops) == true { changes.append(.drops) }
        guard changes.count <= 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "give one of add, factor, to, halvings, counts, drops"))
        }
        noise = try number(.noise) ?? 0
        step = try positive(fields, .round)
        change = changes.first ?? (noise > 0 ? .none : .event)
        driver = try oneOf(fields, .with) ?? .always
    }

    func effect(on signal: Signal) -> SignalEffect {
        SignalEffect(signal: signal, change: change, noise: noise, step: step, driver: driver)
    }
}

private func oneOf<Key: CodingKey, Choice: RawRepresentable & CaseIterable>(
    _ fields: KeyedDecodingContainer<Key>, _ key: Key
) throws -> Choice? where Choice.RawValue == String {
    guard let text = try fields.decodeIfPresent(String.self, forKey: key) else { return nil }
    guard let choice = Choice(rawValue: text) else {
        throw DecodingError.dataCorruptedError(
            forKey: key, in: fields,
            debugDescription: "\(text) is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}

private func required<Key: CodingKey, Value>(
    _ value: Value?, _ fields: KeyedDecodingContainer<Key>, _ key: Key
) throws -> Value {
    guard let value else {
        throw DecodingError.keyNotFound(
            key, .init(codingPath: fields.codingPath, debugDescription: "the key is missing"))
    }
    return value
}

private func positive<Key: CodingKey>(_ fields: KeyedDecodingContainer<Key>, _ key: Key) throws -> Double? {
    guard let value = try fields.decodeIfPresent(Double.self, forKey: key) else { return nil }
    guard value > 0, value.isFinite else {
        throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: "must be more than 0")
    }
    return value
}
