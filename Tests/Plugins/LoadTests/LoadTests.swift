// LoadTests
