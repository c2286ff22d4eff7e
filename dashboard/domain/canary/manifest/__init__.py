"""Manifests of Rollouts and analysis templates as files write them: fields, numbers, steps and arguments."""
