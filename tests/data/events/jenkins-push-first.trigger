engine: Jenkins
event: push, multibranch
kind: push
ref: refs/heads/topic
head: 2222222
base: none
origin: Own
