"""Canary analysis as Argo Rollouts does it: conditions, limits and phases, replayed exactly or not at all."""
