engine: Jenkins
event: push, multibranch
kind: push
ref: refs/heads/main
subject: 2222222
base: since the last build that succeeded, 1111111
default branch: main
origin: Own
