"""The pages: thin scripts that read widgets, call one engine function and draw."""
