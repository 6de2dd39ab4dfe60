engine: Google Cloud Build
event: push to a branch
kind: push
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
