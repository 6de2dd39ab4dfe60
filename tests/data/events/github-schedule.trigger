engine: GitHub Actions
event: schedule
kind: schedule
ref: refs/heads/main
subject: 2222222
base: none
default branch: main
origin: Own
