/// The members of a JSON object in their order; names are compared by their bytes and hold no NUL.
public struct JSONObject: Sendable {
    /// One member.
    public struct Member: Sendable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public var value: JSONValue
    }

    /// The members in their order.
    public private(set) var members: [Member] = []

    /// An object with these members; of a name given twice the last value stands.
    public init(_ members: [(String, JSONValue)] = []) {
        self.members.reserveCapacity(members.count)
        for (name, value) in members { self[name] = value }
    }

    /// Members that are known to have different names.
    init(distinct members: [Member]) {
        self.members = members
    }

    /// The value of the member with this name; assigning `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    private func index(of name: String) -> Int? {
        let length = name.utf8.count
        return members.firstIndex { $0.name.utf8.count == length && $0.name.utf8.elementsEqual(name.utf8) }
    }
}

extension JSONObject: Equatable {
    /// Whether both have the same members, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with its members in this order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
