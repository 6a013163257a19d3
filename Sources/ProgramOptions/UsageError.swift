/// What is wrong with the way in which the program was called, or with one of its files.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    /// What was wanted, what was found and where, and what to do.
    package let description: String

    package init(_ description: String) { self.description = description }
}
