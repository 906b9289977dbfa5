"""The shop: a small application of three services, for the sandbox to deploy, break and roll back."""
