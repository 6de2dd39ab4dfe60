engine: GitHub Actions
event: release: any other
kind: release
ref: refs/tags/services/go/api-golang@1.0.9
head: 2222222
base: none
default branch: main
origin: Own
