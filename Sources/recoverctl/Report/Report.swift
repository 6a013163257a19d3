import CommandCatalog
import JSON

/// What is printed, in each of the forms.
struct Report {
    /// The version of the JSON forms: members may be added, and only a change of those that are there makes a new one.
    static let schema: Int64 = 1

    /// The subcommand, `command` in the document.
    let command: String
    /// What a person reads.
    var table: Table
    /// The last line for a person: counts, and the names of what is missing.
    var summary: String
    /// Members of the document beside `schema`, `command` and `time`.
    var members: JSONObject
    /// The lines of `--jsonl`.
    var lines: [JSONObject]
    /// What the program exits with.
    var status = ProgramStatus.allWell
    /// When it was made.
    var time = Timestamp.now

    /// The text in a form; it ends with a newline, or is empty.
    func text(_ format: Format) -> String {
        switch format {
        case .table: return table.text + summary + "\n"
        case .json: return JSONValue.object(document).text + "\n"
        case .jsonl: return lines.map { Self.line($0) + "\n" }.joined()
        }
    }

    private var document: JSONObject {
        var document: JSONObject = ["schema": .integer(Self.schema), "command": .string(command)]
        document["time"] = .string(time.description)
        for member in members.members { document[member.name] = member.value }
        return document
    }

    /// One line of `--jsonl`.
    static func line(_ object: JSONObject) -> String {
        let members = object.members.filter { $0.name != "schema" }.map { ($0.name, $0.value) }
        return JSONValue.object(JSONObject([("schema", .integer(schema))] + members)).text
    }
}

/// Rows of cells in columns; without column names just two columns, a name and what it is.
struct Table: Equatable {
    var columns: [String] = []
    var rows: [[String]] = []

    /// The lines, each with its newline; foreign text cannot leave its cell.
    var text: String {
        let lines = ((columns.isEmpty ? [] : [columns]) + rows).map { $0.map(Self.cell) }
        let count = lines.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return lines.map { line in
            let padded = line.enumerated().map { index, cell in
                index == line.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            var text = padded.joined(separator: "  ")
            while text.hasSuffix(" ") { text.removeLast() }
            return text + "\n"
        }.joined()
    }

    /// A text on one line.
    private static func cell(_ text: String) -> String {
        text.unicodeScalars.contains { $0 == "\n" || $0 == "\t" || $0 == "\r" }
            ? text.replacing("\r\n", with: "\\r\\n").replacing("\n", with: "\\n").replacing("\t", with: "\\t")
                .replacing("\r", with: "\\r")
            : text
    }
}

/// Names in a sentence.
enum NameList {
    /// As many as a line can hold.
    private static let mostNames = 50

    /// ` (web01, web02)`, or nothing where there are none.
    static func inBrackets(_ names: [String]) -> String {
        if names.isEmpty { return "" }
        let more = names.count > mostNames ? ", and \(names.count - mostNames) more" : ""
        return " (\(names.prefix(mostNames).joined(separator: ", "))\(more))"
    }

    /// `1 host`, `2 hosts`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
