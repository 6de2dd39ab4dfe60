engine: Jenkins
event: change request
kind: pull_request
subject: 2222222
base: merge base with main
origin: Own
