"""The release gate in Rego: its text, its data, and the engines that evaluate it."""
