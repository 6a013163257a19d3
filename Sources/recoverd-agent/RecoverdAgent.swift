@main enum RecoverdAgent { static func main() {} }
