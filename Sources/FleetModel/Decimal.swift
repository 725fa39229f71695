/// A number as people write it, rounded to `places` decimals: `decimal(12.345, places: 1)` is `12.3`.
///
/// By whole numbers, because the core has no formatter; a value too large for that is written as it is.
package func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * scale).rounded()
    guard scaled.isFinite, let whole = Int64(exactly: scaled) else { return "\(value)" }
    let digits = padded(Int(whole.magnitude), places + 1)
    let split = digits.index(digits.endIndex, offsetBy: -places)
    let sign = whole < 0 ? "-" : ""
    return places == 0 ? sign + digits : "\(sign)\(digits[..<split]).\(digits[split...])"
}

/// The same without trailing zeros: `103`, `0.5`.
package func shortest(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
}
