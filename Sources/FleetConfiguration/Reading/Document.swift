import FoundationEssentials
import Yams

/// Reads a YAML file to the entry at its root; a file that cannot be read is one problem and no entry.
func document(
    at path: String, log: ReadingLog,
    whenMissing suggestion: String = "create it, or name the right one under files: in zubrd.yaml"
) -> Entry? {
    guard let bytes = FileManager.default.contents(atPath: path) else {
        log.report(
            ConfigurationProblem(
                file: path, message: "there is no such file, or it may not be read",
                suggestion: suggestion))
        return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        log.report(
            ConfigurationProblem(file: path, message: "the file is not UTF-8 text", suggestion: "save it as UTF-8"))
        return nil
    }
    return document(text, name: path, log: log)
}

/// Reads YAML text that came from the file `name`.
func document(_ text: String, name: String, log: ReadingLog) -> Entry? {
    var text = text
    // The parser stops at the first duplicate key. To find the problems behind it too, that key is reported,
    // disguised by a private-use character, and the text is read again.
    for disguise in duplicateDisguises {
        do {
            guard let root = try Yams.compose(yaml: text) else {
                log.report(ConfigurationProblem(file: name, message: "the file is empty"))
                return nil
            }
            return Entry(node: root, path: "", file: name, log: log)
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            let mark = context.mark
            log.report(
                ConfigurationProblem(
                    file: name, line: mark.line, column: mark.column, key: keys.first ?? "",
                    message: "this key is given more than once in the same mapping",
                    suggestion: "keep one of them"))
            guard let repaired = replacingCharacter(in: text, line: mark.line, column: mark.column, by: disguise)
            else { return nil }
            text = repaired
        } catch let error as YamlError {
            log.report(syntaxProblem(error, file: name))
            return nil
        } catch {
            log.report(ConfigurationProblem(file: name, message: "not readable as YAML: \(error)"))
            return nil
        }
    }
    return nil
}

/// The keys that stand for duplicates already reported begin with one of these.
let duplicateDisguises = (0xE000...0xE03F).compactMap(Unicode.Scalar.init)

private func syntaxProblem(_ error: YamlError, file: String) -> ConfigurationProblem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        ConfigurationProblem(
            file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)",
            suggestion: "look at the indentation, quotes and brackets here and on the line before")
    default:
        ConfigurationProblem(file: file, message: "not YAML: \(error)")
    }
}

/// Puts `scalar` in place of the first character of a plain key, so that every column stays what it was.
private func replacingCharacter(in text: String, line: Int, column: Int, by scalar: Unicode.Scalar) -> String? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    guard lines.indices.contains(line - 1), lines[line - 1].indices.contains(column - 1),
        !["\"", "'", "?", "&", "*"].contains(lines[line - 1][column - 1])
    else { return nil }
    lines[line - 1][column - 1] = scalar
    var scalars = String.UnicodeScalarView()
    for (index, line) in lines.enumerated() {
        if index > 0 { scalars.append("\n") }
        scalars.append(contentsOf: line)
    }
    return String(scalars)
}
