engine: CircleCI
event: push
kind: push
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
