engine: Jenkins
event: change request
kind: pull_request
head: 2222222
base: merge base with main
origin: Fork
