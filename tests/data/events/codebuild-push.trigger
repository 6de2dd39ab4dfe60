engine: AWS CodeBuild
event: push
kind: push
ref: refs/heads/main
subject: 2222222
base: since the push before this one, 1111111
origin: Own
