engine: GitLab
event: push
kind: push
ref: refs/heads/main
subject: 2222222
base: since the push before this one, 1111111
default branch: main
origin: Own
