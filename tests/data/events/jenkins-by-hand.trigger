engine: Jenkins
event: run by hand, with services filled in
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
services: a, b
version: 1.2.3
