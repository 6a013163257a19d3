# Containers with a booted systemd, on a Debian that knows nothing but our packages. Sourced by test.sh; root only.
#
#   containers_prepare PACKAGES   makes the Debian and the repository of packages, once
#   container_boot NAME [OPTION…] boots one; the options go to systemd-nspawn
#   inside NAME COMMAND…          runs a command in it
#   container_end NAME            powers it off
#   containers_tell               shows what our units said last
#   containers_clean              ends all, and leaves nothing mounted

place=$PWD/.build/systemd
base=$place/base
repository=$place/repository

# What the tests need in there beside what our packages depend on.
in_base=(systemd systemd-sysv dbus iproute2 procps apt-utils)
at_hand=(mosquitto mosquitto-clients collectd-core)

containers_prepare() {
    local packages=$1 uri suite
    mkdir -p "$place"
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
    if [ ! -e "$base.ready" ]; then
        rm -rf "$base"
        echo "# making a Debian ($suite)"
        debootstrap --variant=minbase --include="$(IFS=,; echo "${in_base[*]}")" "$suite" "$base" "$uri" >"$place/debootstrap.log"
        chroot "$base" apt-get update -qq
        touch "$base.ready"
    fi
    rm -rf "$repository"
    mkdir -p "$repository"
    cp "$packages"/*.deb "$repository/"
    # All that they depend on, as if the host had a mirror beside it.
    cp "$packages"/*.deb "$base/var/tmp/"
    chroot "$base" sh -c "apt-get install -qq -y --no-install-recommends --download-only ${at_hand[*]} /var/tmp/recoverd-*.deb" \
        >"$place/download.log" 2>&1 || { cat "$place/download.log" >&2; return 1; }
    rm -f "$base"/var/tmp/recoverd-*.deb
    cp "$base"/var/cache/apt/archives/*.deb "$repository/"
    repository_index
}

repository_index() {
    (cd "$repository" && apt-ftparchive packages . >Packages && apt-ftparchive release . >Release)
}

container_boot() {
    local name=$1 root=$place/$1 waited
    shift
    container_end "$name"
    mkdir -p "$root/upper" "$root/work" "$root/root"
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" "$root/root"
    rm -f "$root/root"/etc/apt/sources.list "$root/root"/etc/apt/sources.list.d/*
    rm -f "$root/root"/var/cache/apt/archives/*.deb "$root/root"/var/lib/apt/lists/*_*
    echo 'deb [trusted=yes] file:/repository ./' >"$root/root/etc/apt/sources.list"
    echo "$name" >"$root/root/etc/hostname"
    # As Debian's installer writes it.
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n' "$name" >"$root/root/etc/hosts"
    # One hierarchy of cgroups, as every Debian has it, whatever this machine has.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 systemd-nspawn --quiet --register=no --keep-unit --boot \
        --machine="$name" --directory="$root/root" --private-network --bind-ro="$repository:/repository" "$@" \
        >"$root/console.log" 2>&1 &
    echo $! >"$root/nspawn"
    for waited in $(seq 300); do
        if container_init "$name" >/dev/null && inside "$name" systemctl is-system-running --wait >/dev/null 2>&1; then
            return 0
        fi
        kill -0 "$(cat "$root/nspawn")" 2>/dev/null || break
        sleep 0.1
    done
    echo "# $name did not boot: $(inside "$name" systemctl --failed --no-legend 2>&1)" >&2
    tail -5 "$root/console.log" >&2
    return 1
}

# The process that is number 1 in there.
container_init() {
    local outer
    outer=$(cat "$place/$1/nspawn" 2>/dev/null) || return 1
    # systemd-nspawn has one child, whose child is the container's init, or is it already.
    local child
    for child in $(pgrep -P "$outer") $(pgrep -P "$outer" | xargs -r -n1 pgrep -P); do
        if [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ]; then
            echo "$child"
            return 0
        fi
    done
    return 1
}

inside() {
    local name=$1 init
    shift
    init=$(container_init "$name") || return 125
    nsenter --target "$init" --all --wdns=/root -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

container_end() {
    local name=$1 root=$place/$1 init
    if init=$(container_init "$name" 2>/dev/null); then
        # systemd(1): RTMIN+4 powers off.
        kill -s RTMIN+4 "$init" 2>/dev/null || true
        for _ in $(seq 200); do
            [ -e "/proc/$init" ] || break
            sleep 0.1
        done
        kill -KILL "$init" 2>/dev/null || true
        wait "$(cat "$root/nspawn")" 2>/dev/null || true
    fi
    mountpoint -q "$root/root" && umount "$root/root"
    rm -rf "$root"
}

# What the units of ours said last, in each container.
containers_tell() {
    local directory name
    for directory in "$place"/*/nspawn; do
        [ -e "$directory" ] || continue
        name=$(basename "$(dirname "$directory")")
        echo "# the last lines of $name:"
        inside "$name" journalctl --no-pager -o short-precise -n 25 -u 'recoverd-*' | sed 's/^/#   /'
    done
}

containers_clean() {
    local directory
    for directory in "$place"/*/nspawn; do
        [ -e "$directory" ] && container_end "$(basename "$(dirname "$directory")")"
    done
    # The group of the case whose memory is bounded.
    rmdir /sys/fs/cgroup/recoverd-test /sys/fs/cgroup/memory/recoverd-test 2>/dev/null
    return 0
}
