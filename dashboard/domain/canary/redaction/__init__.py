"""What must not be kept of Argo's objects: the values of secrets, however they are written."""
