# What the gate and the full run share: how they announce a step, and the tools that they install. It is sourced.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CI=true
# Properties are tried on the same inputs each time: a run judges a change, and no change is to blame for a dice.
export PROPTEST_RNG_SEED=1
exec </dev/null

# Tools and packages that a run installs for itself; they outlive it, and `cargo clean` takes them away.
tools=${CARGO_TARGET_DIR:-target}/ci
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)

# step NAME COMMAND…: announces a command, runs it, and says how long it took.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  printf '<== %s: %d s\n' "$name" "$((SECONDS - start))"
}

# retry COMMAND…: a network fails now and then, so a command gets three attempts.
retry() {
  local attempt
  for attempt in 1 2 3; do
    if "$@"; then
      return
    fi
    printf '%s: attempt %d of 3 failed\n' "$*" "$attempt" >&2
    sleep "$((attempt * 5))"
  done
  return 1
}

# has COMMAND…: whether all of these are there.
has() {
  local name
  for name in "$@"; do
    command -v "$name" >/dev/null || return 1
  done
}

# debian PACKAGE…: installs those of Debian's packages that are missing.
debian() {
  local package missing=()
  for package in "$@"; do
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]})); then
    retry install_debian "${missing[@]}"
  fi
}

as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
fi

# In images with `docker-clean`, any other apt process empties the shared archive folder in the middle of an install:
# this one has its own. No service is started: some would listen to everybody.
install_debian() {
  local policy=/usr/sbin/policy-rc.d installed=true
  mkdir -p "$tools/apt/partial"
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
  else
    policy=
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
    -o Dir::Cache::archives="$tools/apt" -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=120)
  "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "$@" || installed=false
  if [[ $policy ]]; then
    "${as_root[@]}" rm "$policy"
  fi
  $installed
}

# Jenkins' schema of JUnit's XML, which pytest's source brings along, and what judges by it.
install_junit_schema() {
  has xmllint || debian libxml2-utils
  export REBAKE_JUNIT_SCHEMA=$tools/pytest-8.4.2/testing/example_scripts/junit-10.xsd
  if [[ ! -e $REBAKE_JUNIT_SCHEMA ]]; then
    retry python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary pytest \
      --dest "$tools" pytest==8.4.2
    printf '86c0d0b93306b961d58d62a4db4879f27fe25513d4b969df351abdddb3c30e01  %s\n' "$tools/pytest-8.4.2.tar.gz" | sha256sum --check --quiet
    tar -xzf "$tools/pytest-8.4.2.tar.gz" -C "$tools" pytest-8.4.2/testing/example_scripts/junit-10.xsd
  fi
}

# The programs whose answers the tests compare with, at the versions that tests/oracle pins.
install_oracles() {
  has node npm || debian nodejs npm # where node comes from elsewhere, Debian's would stand in its way
  has rsync || debian rsync
  export REBAKE_ORACLE=$tools/oracle
  mkdir -p "$REBAKE_ORACLE"
  cp tests/oracle/package.json tests/oracle/package-lock.json "$REBAKE_ORACLE"
  retry npm ci --prefix "$REBAKE_ORACLE" --no-audit --no-fund
  if [[ -e tests/oracle/requirements.txt ]]; then # as long as no original is written in Python, there is none
    python3 -c 'import ensurepip' || debian python3 python3-venv
    python3 -m venv "$REBAKE_ORACLE/venv"
    export PATH=$REBAKE_ORACLE/venv/bin:$PATH
    retry python3 -m pip install --quiet --disable-pip-version-check --requirement tests/oracle/requirements.txt
  fi
}

# What traces builds, and the tools of those builds that are not there already.
install_tracer() {
  has strace make || debian strace make
  [[ -x /usr/bin/python3 ]] || debian python3
}

# What looks at pages: Debian's browser, driven by a pinned package.
install_browser() {
  has chromium || debian chromium
  has node npm || debian nodejs npm
  export REBAKE_BROWSER=$tools/browser
  mkdir -p "$REBAKE_BROWSER"
  cp tests/browser/package.json tests/browser/package-lock.json "$REBAKE_BROWSER"
  retry npm ci --prefix "$REBAKE_BROWSER" --no-audit --no-fund
}
