import FleetModel

/// What a configuration holds, for `zubr config check`.
package struct ConfigurationSummary: Sendable, Hashable, Codable {
    package var classes: Int
    package var models: Int
    /// Different signal names.
    package var signals: Int
    package var limits: Int
    package var plans: Int
    package var services: Int
    package var rules: Int
    /// By status.
    package var centers: [String: Int]
    package var machines: Int
    /// By mark: how many values are sourced, derived, borrowed, assumed.
    package var values: [String: Int]
}

extension FleetConfiguration {
    package func summary() -> ConfigurationSummary {
        let specifications = catalog.classes.values.flatMap(\.signals.values)
        return ConfigurationSummary(
            classes: catalog.classes.count, models: catalog.models.count,
            signals: Set(specifications.map(\.signal)).count,
            limits: Set(
                specifications.flatMap { specification in specification.limits.map { [specification.signal.name: $0] } }
            )
            .count,
            plans: catalog.plans.count, services: catalog.plans.values.map(\.services.count).reduce(0, +),
            rules: rules.count,
            centers: Dictionary(grouping: network.centers) { $0.status.rawValue }.mapValues(\.count),
            machines: machines.count,
            values: Dictionary(uniqueKeysWithValues: Mark.Kind.allCases.map { ($0.rawValue, marks[$0] ?? 0) }))
    }

    /// The summary as lines for people.
    package func notes() -> [String] {
        let summary = summary()
        func counts(_ values: [String: Int], in order: [String]) -> String {
            order.map { "\(values[$0] ?? 0) \($0)" }.joined(separator: ", ")
        }
        return [
            "\(summary.classes) classes, \(summary.models) models, \(summary.signals) signals with \(summary.limits) limits",
            "\(summary.plans) service plans with \(summary.services) services, \(summary.rules) rules",
            "service centers: "
                + counts(summary.centers, in: ServiceCenter.Status.allCases.map(\.rawValue)),
            "\(summary.machines) \(summary.machines == 1 ? "machine" : "machines")",
            "values: " + counts(summary.values, in: Mark.Kind.allCases.map(\.rawValue)),
        ]
    }
}
