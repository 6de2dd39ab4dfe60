engine: Google Cloud Build
event: submitted by hand
kind: manual
subject: what is checked out
base: none
origin: Own
