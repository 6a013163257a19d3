// CommandCatalogTests
