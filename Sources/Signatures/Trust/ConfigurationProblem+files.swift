internal import ConfigurationReader
internal import Files

extension ConfigurationProblem {
    /// Does something with files, and tells what keeps it from being done as a mistake.
    static func passing<Value>(_ body: () throws(FileFailure) -> Value) throws(ConfigurationProblem) -> Value {
        do throws(FileFailure) {
            return try body()
        } catch {
            throw ConfigurationProblem(file: error.path ?? "", message: error.message)
        }
    }
}

extension ConfigurationError {
    /// Does something with files, and tells what keeps it from being done as the only mistake.
    static func passing<Value>(_ body: () throws(FileFailure) -> Value) throws(ConfigurationError) -> Value {
        do throws(ConfigurationProblem) {
            return try ConfigurationProblem.passing(body)
        } catch {
            throw ConfigurationError([error])
        }
    }
}
