"""What a single page draws, a folder a page, by the names of the navigation."""
