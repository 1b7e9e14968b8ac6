"""Works out failure coverage, and writes it for the terminal, as a page, as JSON and for CI."""
