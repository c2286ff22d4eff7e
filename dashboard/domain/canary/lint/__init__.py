"""The rules of `reliability canary lint`: one module a subject, from the manifests to findings."""
