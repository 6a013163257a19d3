import Glibc
import Synchronization

/// One line of the table.
struct ChaosRow: Sendable {
    let scenario: String
    let commands: Int
    let faults: Int
    let lost: Int
    let twice: Int
    let interrupted: Int
    let unanswered: Int
    let seconds: Double
    let hasPassed: Bool

    /// The cells of the table.
    var cells: [String] {
        let numbers = [commands, faults, lost, twice, interrupted, unanswered].map(String.init)
        return [scenario] + numbers + ["\((seconds * 10).rounded() / 10)", hasPassed ? "passed" : "FAILED"]
    }

    static let heads = [
        "scenario", "commands", "faults", "lost", "twice", "interrupted", "unanswered", "seconds", "outcome",
    ]
}

/// The table of this run: each row as it comes, and in full size all of them at the end of the program.
///
/// The slice is silent there, for the last line of a test run is the runner's own summary.
enum ChaosTable {
    private static let rows = Mutex<[ChaosRow]>([])

    /// Adds a row.
    static func add(_ row: ChaosRow) {
        let isFirst = rows.withLock { rows in
            rows.append(row)
            return rows.count == 1
        }
        if isFirst, Chaos.isFull { atexit { ChaosTable.sayAll() } }
        say("chaos: \(row.cells.joined(separator: " | "))")
        guard let path = Chaos.report, let file = fopen(path, "a") else { return }
        fputs("| \(row.cells.joined(separator: " | ")) |\n", file)
        fclose(file)
    }

    private static func sayAll() {
        say("\nchaos, seed \(Chaos.seed), \(Chaos.isFull ? "full" : "slice")")
        say("| \(ChaosRow.heads.joined(separator: " | ")) |\n|\(ChaosRow.heads.map { _ in "---|" }.joined())")
        for row in rows.withLock({ $0 }) { say("| \(row.cells.joined(separator: " | ")) |") }
    }

    /// Prints a line at once, whatever buffer the test runner has.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}
