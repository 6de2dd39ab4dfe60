engine: GitLab
event: push
kind: push
ref: refs/heads/topic
subject: 2222222
base: new branch
default branch: main
origin: Own
