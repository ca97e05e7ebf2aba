# shellcheck shell=bash
# The private cluster of scripts/run, in the data folder $data. Sourced after lib.sh, never run.
# shellcheck disable=SC2154  # `data` is set by scripts/run
# Sets `cluster` (its folder), `socket` (the folder of its socket) and `programs`; holds a shared lock on descriptor 9
# while the run lasts; descriptor 8 is the lock of whoever starts or stops the cluster at this moment.

# Where the cluster lives: in the data folder, or where it was put because postgres cannot reach that.
place_cluster() {
    if [[ -f $data/cluster-location ]]; then
        cluster=$(<"$data/cluster-location")
    elif as_owner test -x "$data" 2>/dev/null; then
        cluster=$data/cluster
    else
        cluster=/var/lib/huifang-run/$(printf %s "$data" | sha256sum | cut -c1-12)
        say "The account postgres cannot enter $data, so the cluster lives in $cluster (noted in $data/cluster-location)."
        install -d -m 755 "${cluster%/*}"
        printf '%s\n' "$cluster" >"$data/cluster-location"
    fi
}

make_cluster() {
    say "Making a PostgreSQL cluster in $cluster"
    local fresh=$cluster.new
    rm -rf "$fresh" # left by a start that was interrupted here
    mkdir -p "$fresh"
    ! is_root || chown postgres: "$fresh"
    as_owner "$programs/initdb" -D "$fresh" -U postgres -A trust --locale=C.UTF-8 -E UTF8 --data-checksums >"$data/initdb.log" 2>&1 || {
        cat "$data/initdb.log" >&2
        fail "initdb could not make a cluster in $fresh"
    }
    echo "include 'huifang.conf'" | as_owner tee -a "$fresh/postgresql.conf" >/dev/null
    mv -T "$fresh" "$cluster"
}

# The postmaster whose folder this is. A pid file outlives a killed postmaster, and its number may be anybody's by now.
postmaster_pid() {
    local pid
    pid=$(head -1 "$cluster/postmaster.pid" 2>/dev/null) || return 1
    [[ -n $pid && $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$cluster" ]] && printf '%s\n' "$pid"
}

# PostgreSQL itself passes over the number of a dead process, but not over that of a living one of the same account.
kill_left_a_pid_of_another() {
    [[ -f $cluster/postmaster.pid && -d /proc/$(head -1 "$cluster/postmaster.pid") ]] && ! postmaster_pid >/dev/null
}

answers() { "$programs/psql" -X -d "host=$1 port=5432 dbname=postgres user=postgres connect_timeout=5" -Atc 'SELECT 1' >/dev/null 2>&1; }

start_postgres() {
    socket=$(make_socket_folder)
    as_owner tee "$cluster/huifang.conf" >/dev/null <<CONF
# Written by scripts/run at every start.
listen_addresses = ''
unix_socket_directories = '$socket'
fsync = on
log_min_messages = warning
log_error_verbosity = terse # a DETAIL line quotes rows
log_parameter_max_length_on_error = 0
CONF
    if kill_left_a_pid_of_another; then
        say "Removing the pid file of a PostgreSQL that was killed; its number is another program's now."
        as_owner rm -f "$cluster/postmaster.pid"
    fi
    as_owner mv -f "$cluster/server.log" "$cluster/server.log.1" 2>/dev/null || true
    # The descriptors of the locks stay here: a postmaster that held them would look like a run.
    as_owner "$programs/pg_ctl" -D "$cluster" -l "$cluster/server.log" -w -t 120 start >/dev/null 2>&1 8>&- 9>&- || {
        rmdir "$socket" 2>/dev/null || true
        tail -20 "$cluster/server.log" >&2
        fail "PostgreSQL did not start; its log is $cluster/server.log"
    }
    printf '%s\n' "$socket" >"$data/socket"
}

start_cluster() {
    check_owner
    programs=$(postgres_programs)
    exec 8>>"$data/cluster.lock" 9>>"$data/run.lock"
    flock --exclusive 8
    place_cluster
    [[ -f $cluster/PG_VERSION ]] || make_cluster
    socket=$(cat "$data/socket" 2>/dev/null || true)
    if postmaster_pid >/dev/null; then
        if [[ -n $socket ]] && answers "$socket"; then
            say "PostgreSQL is running already in $cluster"
        else
            as_owner "$programs/pg_ctl" -D "$cluster" -m fast -w -t 60 stop >/dev/null 8>&- 9>&-
            start_postgres
        fi
    else
        [[ ! -d $socket ]] || rm -rf "$socket"
        start_postgres
    fi
    [[ -n $("$programs/psql" -X -d "host=$socket port=5432 dbname=postgres user=postgres" -Atc "SELECT 1 FROM pg_database WHERE datname = 'huifang'") ]] ||
        "$programs/createdb" -h "$socket" -p 5432 -U postgres huifang
    flock --shared 9
    flock --unlock 8
}

# The last of the runs that share the cluster stops it.
leave_cluster() {
    flock --exclusive 8
    postmaster_pid >/dev/null && flock --exclusive --nonblock 9 || return 0
    say "Stopping PostgreSQL."
    as_owner "$programs/pg_ctl" -D "$cluster" -m fast -w -t 60 stop >/dev/null 8>&- 9>&- ||
        say "PostgreSQL did not stop; its log is $cluster/server.log"
    rm -rf "$socket" "$data/socket"
}
