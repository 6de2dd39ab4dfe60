# The image that jobs run in on GitLab and CircleCI: docker, git and rebake.
FROM rust:1.95-alpine AS rebake
RUN apk add --no-cache musl-dev && cargo install --locked rebake@0.1.0
FROM docker:28-cli
RUN apk add --no-cache bash curl git jq openssh-client
COPY --from=rebake /usr/local/cargo/bin/rebake /usr/local/bin/
