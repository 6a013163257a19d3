import CFuzzer
import FuzzBodies

// libFuzzer around the body that RECOVERD_FUZZ_BODY names; the words are libFuzzer's.

var count = CommandLine.argc
var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
LLVMFuzzerRunDriver(&count, &words, fuzzOne)

/// One input; a property that does not hold is a crash.
///
/// libFuzzer's library asks for the name.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzBody.chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
