import FleetModel
import FoundationEssentials

extension FleetConfiguration {
    /// Reads machines from a table, `zubr machines import FILE.csv`.
    ///
    /// Columns in any order: `fleet`, `equipment`, `model` must be there; `pin`, `vin`, `site`, `latitude`, `longitude`,
    /// `owner`, `contact`, `in_service`, `engine_hours`, `odometer`, `fuel_used_total` and any number of `last:CODE` may.
    /// A last service is a date, a date and a meter (`2026-05-01 12250`), or a meter alone, which then counts as of
    /// `now`; the meter is the first one the row has of engine hours, odometer and fuel. With a `catalog`, models and
    /// codes are checked against it.
    package static func loadMachines(
        csv file: String, catalog: Catalog? = nil, now: Timestamp = .system
    ) throws(ConfigurationProblems) -> [Machine] {
        guard let bytes = FileManager.default.contents(atPath: file),
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw ConfigurationProblems([
                ConfigurationProblem(file: file, message: "there is no such file, or it is not UTF-8 text")
            ])
        }
        return try machines(csv: text, name: file, catalog: catalog, now: now)
    }

    /// The same from text that came from `name`.
    package static func machines(
        csv text: String, name: String, catalog: Catalog? = nil, now: Timestamp
    ) throws(ConfigurationProblems) -> [Machine] {
        let log = ReadingLog()
        let table: DelimitedText
        do {
            // Spreadsheets put a byte order mark in front.
            table = try DelimitedText(text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch {
            throw ConfigurationProblems([
                ConfigurationProblem(
                    file: name, line: error.line, column: error.column, message: error.message,
                    suggestion: "put a field that has commas or quotes in quotes, and double the quotes inside")
            ])
        }
        guard let header = table.rows.first else {
            throw ConfigurationProblems([
                ConfigurationProblem(
                    file: name, message: "the file is empty",
                    suggestion: "begin with a line of column names: fleet,equipment,model")
            ])
        }
        let columns = MachineColumns(header, file: name, log: log)
        let machines = table.rows.dropFirst().compactMap { row in
            MachineRow(row, columns: columns, file: name, log: log).machine(catalog: catalog, now: now)
        }
        var seen: Set<MachineKey> = []
        for (machine, row) in zip(machines, table.rows.dropFirst()) where !seen.insert(machine.key).inserted {
            log.report(
                ConfigurationProblem(
                    file: name, line: row[0].line, column: 1, message: "the machine \(machine.key) is listed twice",
                    suggestion: "remove one, or rename its equipment"))
        }
        try log.throwIfAny()
        return machines
    }
}

/// What the columns mean.
private struct MachineColumns {
    static let names = [
        "fleet", "equipment", "model", "pin", "vin", "site", "latitude", "longitude", "owner", "contact", "in_service",
    ] + Meter.allCases.map(\.rawValue)
    static let servicePrefix = "last:"

    var names: [String]

    init(_ header: [DelimitedText.Field], file: String, log: ReadingLog) {
        names = header.map(\.text)
        for (index, field) in header.enumerated() {
            func report(_ message: String, _ suggestion: String?) {
                log.report(
                    ConfigurationProblem(
                        file: file, line: field.line, column: field.column, key: field.text, message: message,
                        suggestion: suggestion))
            }
            if names[..<index].contains(field.text) {
                report("this column is given twice", "remove one")
            } else if !MachineColumns.names.contains(field.text), !field.text.hasPrefix(MachineColumns.servicePrefix) {
                report(
                    "unknown column \"\(field.text)\"",
                    suggestion(for: field.text, among: MachineColumns.names)
                        ?? "a last service is last: and the service's code")
            }
        }
        for name in ["fleet", "equipment", "model"] where !names.contains(name) {
            log.report(
                ConfigurationProblem(
                    file: file, line: 1, column: 1, message: "the column \"\(name)\" is missing",
                    suggestion: "name it in the first line"))
        }
    }
}

/// One row, read field by field.
private struct MachineRow {
    let fields: [String: DelimitedText.Field]
    let file: String
    let log: ReadingLog
    let isWhole: Bool

    init(_ row: [DelimitedText.Field], columns: MachineColumns, file: String, log: ReadingLog) {
        self.file = file
        self.log = log
        fields = Dictionary(zip(columns.names, row).filter { !$0.1.text.isEmpty }) { first, _ in first }
        isWhole = row.count == columns.names.count
        if !isWhole {
            log.report(
                ConfigurationProblem(
                    file: file, line: row[0].line, column: 1,
                    message: "the row has \(row.count) fields, the header \(columns.names.count)",
                    suggestion: "put fields that contain a comma in quotes"))
        }
    }

    func machine(catalog: Catalog?, now: Timestamp) -> Machine? {
        guard isWhole else { return nil }
        let fleet = required("fleet").flatMap { id($0, FleetID.self) }
        let equipment = required("equipment").flatMap { id($0, EquipmentID.self) }
        let model = required("model").flatMap { id($0, ModelID.self) }
        if let fleet, fleet == .centers { report("fleet", "the id centers is reserved", "choose another id") }
        if let model, let catalog, catalog.models[model] == nil {
            report("model", "unknown model \"\(model)\"", suggestion(for: model.text, among: catalog.models.keys.map(\.text)))
        }
        if let vin = fields["vin"]?.text, !isVehicleNumber(vin) {
            report("vin", "\"\(vin)\" is not a VIN", "a VIN has 17 letters and digits, none of them I, O or Q")
        }
        let date = fields["in_service"].flatMap { field -> CivilDate? in
            let date = CivilDate(field.text)
            if date == nil { report("in_service", "expected a date, found \"\(field.text)\"", "write it as YYYY-MM-DD") }
            return date
        }
        var meters: [Meter: Double] = [:]
        for meter in Meter.allCases { meters[meter] = number(meter.rawValue, in: 0...1e9) }
        let position = position()
        let records = lastServices(model: model, catalog: catalog, meter: Meter.allCases.first { meters[$0] != nil }, now: now)
        guard let fleet, let equipment, let model else { return nil }
        return Machine(
            key: MachineKey(fleet: fleet, equipment: equipment), model: model, pin: fields["pin"]?.text,
            vin: fields["vin"]?.text, site: fields["site"]?.text ?? "", sitePosition: position,
            owner: fields["owner"]?.text ?? "", contact: fields["contact"]?.text ?? "", inService: date?.description,
            meters: meters, lastServices: records)
    }

    private func position() -> Coordinate? {
        let latitude = number("latitude", in: -90...90)
        let longitude = number("longitude", in: -180...180)
        if (fields["latitude"] == nil) != (fields["longitude"] == nil) {
            report(
                fields["latitude"] == nil ? "longitude" : "latitude", "latitude and longitude belong together",
                "give both or neither")
        }
        guard let latitude, let longitude else { return nil }
        return Coordinate(latitude: latitude, longitude: longitude)
    }

    private func lastServices(
        model: ModelID?, catalog: Catalog?, meter: Meter?, now: Timestamp
    ) -> [String: ServiceRecord] {
        let codes = model.flatMap { catalog?.plan(of: $0) }.map { Set($0.services.map(\.code)) }
        var records: [String: ServiceRecord] = [:]
        for (column, field) in fields where column.hasPrefix(MachineColumns.servicePrefix) {
            let code = String(column.dropFirst(MachineColumns.servicePrefix.count))
            if let codes, !codes.contains(code) {
                report(column, "the model's plan has no service \"\(code)\"", suggestion(for: code, among: codes))
            }
            let words = field.text.split(separator: " ").map(String.init)
            let date = words.first.flatMap { CivilDate($0) }
            let count = (date == nil ? words.first : words.dropFirst().first).flatMap { Double($0) }
            let isRead = words.count == (date == nil ? 0 : 1) + (count == nil ? 0 : 1) && !words.isEmpty
            guard isRead, count.map({ $0.isFinite && $0 >= 0 }) ?? true else {
                report(
                    column, "\"\(field.text)\" is not a last service",
                    "write a date, a date and a meter, or a meter: 2026-05-01 12250")
                continue
            }
            if count != nil, meter == nil {
                report(column, "a meter is given, but the row has none to compare it with", "fill in engine_hours or odometer")
            }
            var record = ServiceRecord(performedAt: date?.startOfDay ?? now)
            if let count, let meter { record.meters[meter] = count }
            records[code] = record
        }
        return records
    }

    private func required(_ name: String) -> DelimitedText.Field? {
        if fields[name] == nil { report(name, "nothing is given", nil) }
        return fields[name]
    }

    private func id<ID: TopicSegment>(_ field: DelimitedText.Field, _: ID.Type) -> ID? {
        let id = ID(field.text)
        if id == nil {
            log.report(
                ConfigurationProblem(
                    file: file, line: field.line, column: field.column,
                    message: "\"\(field.text)\" cannot be an id", suggestion: "use 1 to 64 of A-Z a-z 0-9 _ . : -"))
        }
        return id
    }

    private func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let field = fields[name] else { return nil }
        guard let value = Double(field.text), range.contains(value) else {
            report(name, "expected a number, found \"\(field.text)\"", Entry.allowed(range))
            return nil
        }
        return value
    }

    private func report(_ name: String, _ message: String, _ suggestion: String?) {
        let field = fields[name] ?? fields.values.min { ($0.line, $0.column) < ($1.line, $1.column) }
        log.report(
            ConfigurationProblem(
                file: file, line: field?.line, column: fields[name]?.column, key: name, message: message,
                suggestion: suggestion))
    }
}
