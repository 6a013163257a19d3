import CommandCatalog
import ConfigurationReader
import JSON

/// What is read is one task with one meaning; writing it and reading it again gives the same.
enum TaskBody {
    private static let catalog: CommandCatalog? = {
        let text = """
            {"Services": {"s": {"commands": {"c": {"program": ["/bin/true", "{p}", "x{q}"], "parameters": {
            "p": {"type": "string", "pattern": "[a-z]*"}, "q": {"type": "integer", "range": [0, 9]}}}, "line": "true"}}}}
            """
        let report = ConfigurationReport()
        guard let document = ConfigurationDocument(file: "/nowhere/f.json", text: Array(text.utf8), report: report)
        else { return nil }
        return CatalogReader.read(document.root, defaults: CommandDefaults(timeout: .seconds(1)))
    }()

    static func run(_ bytes: [UInt8]) {
        do throws(TaskMessageError) {
            let task = try TaskMessage(bytes)
            require((try? TaskMessage(task.json.bytes)) == task, "a task comes back: \(task.json.text)")
            require((try? TaskMessage(task.json.bytes))?.digest == task.digest, "and so does its digest")
            let objection = TimeWindow(isRequired: true).objection(to: task, now: Timestamp(seconds: 1_795_248_000))
            require(objection?.message.isEmpty != true, "an objection has words")
            if case .command(let request) = task.verb { run(request) }
        } catch {
            require(!error.message.isEmpty, "a refusal has words")
        }
    }

    private static func run(_ request: CommandRequest) {
        do throws(CatalogError) {
            guard let command = try catalog?.command(for: request) else { return require(false, "no catalog") }
            guard case .program(let words) = command.invocation else { return }
            require(words.count == 3 && words[0] == "/bin/true", "\(words)")
            require(words[1].utf8.allSatisfy { (97...122).contains($0) }, "\(words)")
        } catch {
            require(!"\(error)".isEmpty, "a refusal has words")
        }
    }
}
