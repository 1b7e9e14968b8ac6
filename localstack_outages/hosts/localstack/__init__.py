"""The host inside LocalStack: an extension with handlers in its chain and routes in its router."""
