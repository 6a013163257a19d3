/// The numbers of `/proc/loadavg`: processes that run or wait for a disk, averaged over 1, 5 and 15 minutes.
struct LoadAverage: Equatable {
    let shortTerm: Double
    let midTerm: Double
    let longTerm: Double

    /// Reads the file's text.
    init(_ text: String) throws {
        let numbers = text.split(separator: " ").prefix(3).compactMap { Double($0) }
        guard numbers.count == 3 else { throw ReadingError.unexpected(text, what: "three load averages") }
        (shortTerm, midTerm, longTerm) = (numbers[0], numbers[1], numbers[2])
    }
}
