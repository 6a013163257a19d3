/// A key of an object.
///
/// Keys are equal when their bytes are, unlike `String`, to which a composed and a decomposed `é` are the same.
struct Key: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: Key, right: Key) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
