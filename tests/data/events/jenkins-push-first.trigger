engine: Jenkins
event: push, multibranch
kind: push
ref: refs/heads/topic
subject: 2222222
base: none
origin: Own
