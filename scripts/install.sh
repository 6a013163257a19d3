#!/usr/bin/env bash
# Lays what was built where a system wants it: make install DESTDIR= PREFIX=, and the packages by the same way.
# `--remove` takes it away again; what the agent has written, and the configuration, stays.
set -euo pipefail
cd "$(dirname "$0")/.."

remove=false
if [ "${1:-}" = --remove ]; then
    remove=true
    shift
fi
bin=${1:?usage: install.sh [--remove] DIRECTORY-OF-THE-PROGRAMS}
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}
papers=${PAPERS:-.build/papers}

sbin=$prefix/sbin
libexec=$prefix/libexec/recoverd
share=$prefix/share
units=$prefix/lib/systemd/system
[ "$prefix" = /usr ] && units=/lib/systemd/system
zsh=site-functions
[ "$prefix" = /usr ] && zsh=vendor-completions
# Under /usr/local these are read from /etc only.
library=/usr/lib
[ "$prefix" = /usr ] || library=/etc

# MODE TARGET SOURCE; each file once, so that what is installed is what is removed.
files() {
    printf '%s\n' \
        "755 $sbin/recoverd-agent $bin/recoverd-agent" \
        "755 $libexec/recoverd-runner $bin/recoverd-runner" \
        "755 $libexec/recoverd-unit $bin/recoverd-unit" \
        "644 $units/recoverd-runner.service packaging/systemd/recoverd-runner.service.in" \
        "644 $units/recoverd-agent.service packaging/systemd/recoverd-agent.service.in" \
        "644 $units/recoverd-broker.service packaging/systemd/recoverd-broker.service" \
        "644 $library/sysusers.d/recoverd.conf packaging/systemd/recoverd.sysusers" \
        "644 $library/tmpfiles.d/recoverd.conf packaging/systemd/recoverd.tmpfiles" \
        "644 $share/doc/recoverd-agent/examples/monitor-config.json conf/examples/agent.json" \
        "644 $share/doc/recoverd-agent/examples/backend-systemd.conf packaging/systemd/backend-systemd.conf.in"
    local program page
    for page in docs/*.md; do
        printf '%s\n' "644 $share/doc/recoverd-agent/${page##*/} $page"
    done
    for program in send-command send-config replace-config recoverctl; do
        printf '%s\n' "755 $prefix/bin/$program $bin/$program"
    done
    for program in recoverd-agent send-command send-config replace-config recoverctl; do
        printf '%s\n' \
            "644 $share/bash-completion/completions/$program $papers/bash/$program" \
            "644 $share/zsh/$zsh/_$program $papers/zsh/_$program" \
            "644 $share/fish/vendor_completions.d/$program.fish $papers/fish/$program.fish"
    done
    for page in "$papers"/man/*; do
        printf '%s\n' "644 $share/man/man${page##*.}/${page##*/} $page"
    done
}

place() {
    local mode=$1 target=$root$2 source=$3
    mkdir -p "$(dirname "$target")"
    case $source in
    *.in) sed -e "s|@SBIN@|$sbin|g" -e "s|@LIBEXEC@|$libexec|g" "$source" >"$target" ;;
    *) cp "$source" "$target" ;;
    esac
    chmod "$mode" "$target"
    # The symbols are as large as the program.
    [ "$mode" = 644 ] || strip "$target"
}

if $remove; then
    files | while read -r _ target _; do rm -f "$root$target"; done
    rmdir "$root$libexec" "$root$share/doc/recoverd-agent/examples" "$root$share/doc/recoverd-agent" 2>/dev/null || true
    echo "removed; /etc/recoverd, /var/lib/recoverd and /var/log/recoverd were kept"
    exit 0
fi

files | while read -r mode target source; do place "$mode" "$target" "$source"; done
# The configuration is the administrator's: never replaced.
mkdir -p "$root/etc/recoverd/services.d"
example=$root/etc/recoverd/services.d/hello.json
[ -e "$example" ] || install -m 644 packaging/services.d/hello.json "$example"

if [ -z "$root" ]; then
    echo "installed below $prefix. Next, as root:"
    echo "  systemd-sysusers recoverd.conf && systemd-tmpfiles --create recoverd.conf && systemctl daemon-reload"
    echo "  systemctl enable --now recoverd-runner recoverd-agent"
fi
