engine: Jenkins
event: push, any other
kind: push
ref: refs/heads/release/2
subject: 2222222
base: since the last build that succeeded, 1111111
origin: Own
