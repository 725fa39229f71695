import Foundation
import Support

extension TemporaryFolder {
    func file(_ name: String) -> String { "\(path)/\(name)" }

    var files: Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []) }
}

func bytes(of path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
