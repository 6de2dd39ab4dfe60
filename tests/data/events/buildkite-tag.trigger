engine: Buildkite
event: tag, pushed or run by hand
kind: tag
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
default branch: main
origin: Own
