engine: GitHub Actions
event: push that deletes a branch or tag
kind: delete
ref: refs/heads/topic
subject: 2222222
base: gone
default branch: main
origin: Own
