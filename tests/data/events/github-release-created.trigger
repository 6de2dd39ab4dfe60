engine: GitHub Actions
event: release: created, edited, any other that publishes nothing
kind: release
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: nothing is published
default branch: main
origin: Own
