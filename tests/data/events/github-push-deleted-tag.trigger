engine: GitHub Actions
event: push that deletes a branch or tag
kind: delete
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: gone
default branch: main
origin: Own
