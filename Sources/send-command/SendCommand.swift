@main enum SendCommand { static func main() {} }
