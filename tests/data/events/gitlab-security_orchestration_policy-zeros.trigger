engine: GitLab
event: parent_pipeline, any other
kind: push
ref: refs/heads/topic
subject: 2222222
base: none
default branch: main
origin: Own
