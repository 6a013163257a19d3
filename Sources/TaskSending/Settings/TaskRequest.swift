package import CommandCatalog

/// What the user asks for: a verb, and for output how much of it.
package struct TaskRequest: Equatable, Sendable {
    package let verb: Verb
    /// How many bytes of stored output are wanted in all; `nil`: to its end.
    package let wanted: Int64?

    /// A request.
    package init(_ verb: Verb, wanted: Int64? = nil) { (self.verb, self.wanted) = (verb, wanted) }
}
