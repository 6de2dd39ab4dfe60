engine: GitHub Actions
event: delete
kind: delete
subject: 2222222
base: gone
default branch: main
origin: Own
