# shellcheck shell=bash
# What the scripts of this folder share. Sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export root

# To build: PostgreSQL's client library, and what a Swift toolchain links with on a bare Debian 12.
# zlib1g-dev is for NIO's decompression, git for fetching packages.
# shellcheck disable=SC2034  # used by the scripts that source this file
build_packages=(
    libpq-dev libssl-dev libxlsxwriter-dev pkg-config zlib1g-dev
    binutils libc6-dev libstdc++-12-dev libcurl4 libxml2 libncurses6 libsqlite3-0
    git ca-certificates tzdata
)
# shellcheck disable=SC2034
database_packages=(postgresql-15)
# shellcheck disable=SC2034  # faketime steps a process's wall clock in the tests of time
test_packages=(faketime)

# shellcheck disable=SC2034  # a browser and what drives it
page_packages=(chromium chromium-driver python3-selenium python3-pil fonts-noto-cjk curl zbar-tools)

say() { printf '%s\n' "$*" >&2; }

# A precondition is missing: one line that says what to do.
fail() {
    say "${0##*/}: $*"
    exit 78
}

is_root() { [[ $(id -u) == 0 ]]; }

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Whether all of the named packages are here.
are_installed() {
    local package
    for package in "$@"; do
        is_installed "$package" || return 1
    done
}

# Installs those of the named Debian packages that are missing, saying so before.
need_packages() {
    local missing=() elevate=() package command
    command -v dpkg-query >/dev/null || fail "this is not Debian; install what these packages hold, then edit scripts/lib.sh: $*"
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    command="apt-get install --no-install-recommends ${missing[*]}"
    if ! is_root; then
        command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root run: $command"
        elevate=(sudo)
    fi
    say "Installing from Debian: ${missing[*]}"
    elevate+=(env DEBIAN_FRONTEND=noninteractive)
    if [[ " ${missing[*]} " == *" postgresql-15 "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        # Without this the package makes a cluster of its own, which nothing here uses.
        "${elevate[@]}" sh -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf' ||
            fail "could not become root; as root run: $command"
    fi
    for package in "${missing[@]}"; do
        [[ -n $(apt-cache madison "$package" 2>/dev/null) ]] || {
            "${elevate[@]}" apt-get update -qq || fail "could not read Debian's package lists; check the network, then run: $command"
            break
        }
    done
    "${elevate[@]}" apt-get install -qqy --no-install-recommends "${missing[@]}" >&2 ||
        # The lists on a machine that has been off for a while name versions that are gone.
        { "${elevate[@]}" apt-get update -qq && "${elevate[@]}" apt-get install -qqy --no-install-recommends "${missing[@]}" >&2; } ||
        fail "could not install ${missing[*]}; check the network, then run: $command"
}

need_swift() {
    local advice="install Swift 6.3 or newer from https://www.swift.org/install/linux/ and put its usr/bin folder on PATH" version
    command -v swift >/dev/null || fail "no Swift toolchain found; $advice"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
    [[ -n $version && $(printf '%s\n' 6.3 "$version" | sort -V | head -1) == 6.3 ]] ||
        fail "the Swift toolchain at $(command -v swift) is ${version:-unusable}; $advice"
}

# The folder of PostgreSQL's programs: version 15 if it is there, else the newest.
postgres_programs() {
    local folder
    folder=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
    [[ ! -x /usr/lib/postgresql/15/bin/initdb ]] || folder=/usr/lib/postgresql/15/bin
    [[ -x $folder/initdb ]] || fail "PostgreSQL's initdb is missing; install the Debian package postgresql-15"
    printf '%s\n' "$folder"
}

# Runs a command as the account that owns the clusters made here: PostgreSQL refuses to run as root.
as_owner() (
    cd / # The caller's folder may be closed to that account.
    if is_root; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/ "$@"
    fi
    exec "$@"
)

check_owner() {
    getent passwd "$(if is_root; then echo postgres; else id -u; fi)" >/dev/null ||
        fail "PostgreSQL needs an account entry for user $(id -u); run as an ordinary user of this machine"
}

# Makes a private folder for a socket: short, because PostgreSQL takes at most 107 bytes, and closed to all but its owner.
make_socket_folder() {
    local parent=${TMPDIR:-/tmp} folder
    [[ $parent =~ ^/[A-Za-z0-9._/-]{1,60}$ ]] && as_owner test -x "$parent" || parent=/tmp
    folder=$(mktemp -d "$parent/huifang-XXXXXX")
    ! is_root || chown postgres: "$folder"
    printf '%s\n' "$folder"
}

# Runs a command as a child that hears Ctrl-C as usual, hands it a TERM or HUP sent to this script, and returns its status.
run_child() {
    local child status=0
    (
        trap - INT QUIT
        exec "$@"
    ) <&0 &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null' TERM HUP
    trap ':' INT
    while :; do
        status=0
        wait "$child" || status=$?
        kill -0 "$child" 2>/dev/null || break
    done
    trap - INT TERM HUP
    return "$status"
}
