# Sourced by ./demo and ./test: cargo on PATH, a folder of their own for
# everything temporary, and nothing left behind however they end.

# A newcomer's shell may not know of rustup yet.
if ! command -v cargo >/dev/null && [ -x "${HOME:-/root}/.cargo/bin/cargo" ]; then
    PATH=${HOME:-/root}/.cargo/bin:$PATH
fi
export PATH

# Says what to do where there is no cargo at all.
ground_cargo() {
    if command -v cargo >/dev/null; then return; fi
    printf '%s\n' \
        "Rust is missing: neither on PATH nor in ~/.cargo/bin is there a cargo." \
        "Install Rust 1.95 or newer from https://rustup.rs, then run this again." >&2
    exit 2
}

# Every program started from here has this folder's name in its environment
# or its arguments, and so can be told from all others.
ground=$(mktemp -d "${TMPDIR:-/tmp}/certpost-XXXXXXXX")
export TMPDIR=$ground

# The ids of programs that are still running on our ground.
ground_left() {
    local entry id
    for entry in /proc/[0-9]*; do
        id=${entry#/proc/}
        if [ "$id" = "$$" ] || [ "$id" = "$BASHPID" ]; then continue; fi
        # A zombie has neither of the two: what is found still runs.
        if grep -qsF -- "$ground" "$entry/environ" "$entry/cmdline" 2>/dev/null; then
            printf '%s\n' "$id"
        fi
    done
}

# Ends them by their ids, politely first, and removes the folder.
ground_clear() {
    trap '' INT TERM HUP
    local left signal waited
    for signal in TERM KILL; do
        waited=0
        left=$(ground_left)
        while [ -n "$left" ] && [ "$waited" -lt 50 ]; do
            # shellcheck disable=SC2086 # ids, one a word; some may have ended by now
            if [ "$waited" -eq 0 ]; then kill -s "$signal" $left 2>/dev/null || true; fi
            sleep 0.1
            waited=$((waited + 1))
            left=$(ground_left)
        done
    done
    rm -rf -- "$ground"
}

# Runs a command so that a signal to this script is passed on at once; bash
# alone would wait for the command's end first.
ground_child=
ground_run() {
    local status=0
    "$@" &
    ground_child=$!
    wait "$ground_child" || status=$?
    ground_child=
    return "$status"
}

# Told to stop: the command is told as well and has 20 seconds for it.
ground_stop() {
    trap '' INT TERM HUP
    local waited=0
    if [ -n "$ground_child" ]; then
        kill -s TERM "$ground_child" 2>/dev/null || true
        while kill -s 0 "$ground_child" 2>/dev/null && [ "$waited" -lt 200 ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
    fi
    exit "$1"
}
trap ground_clear EXIT
trap 'ground_stop 130' INT
trap 'ground_stop 143' TERM
trap 'ground_stop 129' HUP
