"""What several pages use: the workspace, the place in the path, figures and literal text."""
