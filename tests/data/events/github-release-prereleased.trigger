engine: GitHub Actions
event: release: published, prereleased, released
kind: release
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
default branch: main
origin: Own
