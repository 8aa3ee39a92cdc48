"""From a data set to a checkpoint; imports core, never node."""
