import FleetModel

/// How a failure mode comes, shows and is put right.
package struct FailureProfile: Sendable {
    /// Where it can be seen.
    package let signals: [Signal]
    /// What the control unit says of it once it is well under way.
    package let code: DiagnosticTroubleCode.Key
    /// Which machines have the part.
    package let duties: Set<DutyKind>
    /// Weibull shape and scale of the working hours until its first sign.
    package let shape: Double
    package let scaleHours: Double
    /// Working hours from the first sign to standstill.
    package let courseHours: Double
    /// Active repair, without waiting for people or parts.
    package let repairHours: Double
    package let needsElectricDrive: Bool

    /// The code comes when so much of the course is run.
    package static let codeStage = 0.7

    init(
        signals: [String], code: (spn: UInt32, fmi: UInt8, source: UInt8), duties: Set<DutyKind>, shape: Double,
        scaleHours: Double, courseHours: Double, repairHours: Double, needsElectricDrive: Bool = false
    ) {
        self.signals = signals.map { Signal($0) }
        self.code = DiagnosticTroubleCode.Key(
            spn: SPN(code.spn)!, fmi: FMI(code.fmi)!, sourceAddress: SourceAddress(code.source))
        self.duties = duties
        self.shape = shape
        self.scaleHours = scaleHours
        self.courseHours = courseHours
        self.repairHours = repairHours
        self.needsElectricDrive = needsElectricDrive
    }

    package func applies(to duty: DutyKind, hasElectricDrive: Bool) -> Bool {
        duties.contains(duty) && (hasElectricDrive || !needsElectricDrive)
    }
}
