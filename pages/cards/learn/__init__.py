"""Learn: how transfer learning works, shown on the runs of this workspace."""
