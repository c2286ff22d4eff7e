"""From recorded measurements to the phases of metrics and runs, as Argo Rollouts decides them."""
