/// What a machine's meters gained in a step.
struct Usage: Sendable {
    var hours = 0.0
    var kilometres = 0.0
    var litres = 0.0
}
