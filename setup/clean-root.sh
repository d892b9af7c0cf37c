#!/usr/bin/env bash
# clean-root.sh DIR: a copy of a clean Debian 12 with systemd in DIR, which must not be there yet. Made once by debootstrap, from the mirror that this
# machine's apt uses, and kept in the prefix. As root.
. "$(dirname "$0")/common.sh"

out=${1:?usage: setup/clean-root.sh DIR}
base=$HANSARD_PREFIX/roots/bookworm
[ "$(id -u)" -eq 0 ] || die "a clean Debian root is made and entered by root alone"
"$setup_dir/packages.sh" package-test
[ ! -e "$out" ] || die "$out is there already"

# What apt on this machine uses of Debian's: URL, release and component, one a line.
debian_sources() {
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        grep -E ' bookworm(-updates|-security)? ' | sort -u
}

# The ways to the outside: names, certificates and proxies of this machine.
give_network() {
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    apt-config dump | grep -E '^Acquire::(http|https)::' >"$1/etc/apt/apt.conf.d/90host" || true
    mkdir -p "$1/usr/local/share/ca-certificates"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$1/usr/local/share/ca-certificates/" \;
    chroot "$1" update-ca-certificates >/dev/null 2>&1
}

make_base() {
    local new=$base.new mirror
    mirror=$(debian_sources | awk '$2 == "bookworm" {print $1; exit}')
    [ -n "$mirror" ] || die "apt on this machine knows no mirror of Debian 12 (bookworm); run apt-get update, or name one in /etc/apt"
    say "a clean Debian 12 by debootstrap (once)"
    rm -rf "$new"
    mkdir -p "$(dirname "$base")"
    run_logged "$HANSARD_PREFIX/debootstrap.log" debootstrap --variant=minbase --include=systemd-sysv,ca-certificates bookworm "$new" "$mirror"
    debian_sources | sed 's/^/deb /' >"$new/etc/apt/sources.list"
    give_network "$new"
    mv "$new" "$base"
}

exec 9>"$HANSARD_PREFIX/.root.lock" && flock 9 # a second one waits for the first
[ -d "$base" ] || make_base
cp -a --reflink=auto "$base" "$out"
give_network "$out"
run_logged "$HANSARD_PREFIX/root-update.log" chroot "$out" apt-get update
