#!/usr/bin/env bash
# package-test.sh [OLD NEW]: the packages as users get them: on a clean Debian 12 with systemd (in a container without network) install, process a
# recording, upgrade, remove, purge.
# OLD and NEW are folders with packages of two versions; without them both are made of this tree.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d /var/tmp/hansard-package-test.XXXXXX)
root=$work/root
leader= # systemd of the container, as this machine sees it
nspawn=

clean_up() {
    [ -z "$nspawn" ] || { kill "$nspawn" && wait "$nspawn"; } 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

inside() { nsenter -t "$leader" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
web() { nsenter -t "$leader" -n curl -sSf --noproxy '*' "http://127.0.0.1:8080$1" "${@:2}"; }
passed() { printf 'ok: %s\n' "$*"; }

# expect WHAT COMMAND…: COMMAND succeeds within 30 seconds.
expect() {
    local what=$1 try
    shift
    for try in {1..60}; do
        "$@" >"$work/expect.log" 2>&1 && { passed "$what"; return; }
        sleep 0.5
    done
    cat "$work/expect.log" >&2
    inside journalctl -u hansard --no-pager -n 30 >&2 || true
    die "not so: $what (after $try tries)"
}

boot() {
    systemd-nspawn --quiet --directory "$root" --boot --register=no --keep-unit --private-network --console=pipe \
        </dev/null >"$work/console.log" 2>&1 &
    nspawn=$!
    local try
    for try in {1..60}; do
        leader=$(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null | awk '{print $1}')
        if [ -n "$leader" ] && inside systemctl is-system-running --wait >/dev/null 2>&1; then return; fi
        kill -0 "$nspawn" 2>/dev/null || break
        sleep 0.5
    done
    cat "$work/console.log" >&2
    die "systemd does not start in a container here (try $try)"
}

install_packages() { # DIR inside; tells what the packages' scripts say
    inside sh -c 'apt-get -y --no-install-recommends install "$1"/*.deb' sh "$1" >"$work/apt.log" 2>&1 ||
        { tail -n 40 "$work/apt.log" >&2; die "apt does not install the packages of $1"; }
}

answers_as() { web /readyz | jq -e --arg version "$1" '.version == $version'; }
lists() {
    inside runuser -u hansard -- env HANSARD_SETTINGS=/etc/hansard/hansard.conf hansard list --json |
        jq -e --arg id "$1" '.meetings[0].meeting_id == $id'
}
nothing_refused() {
    inside journalctl -u hansard --no-pager >"$work/journal" && grep -q serves "$work/journal" && ! grep -iE 'filter|denied|SIGSYS' "$work/journal"
}
has_ended() { ! pgrep --ns "$leader" --nslist pid -x hansard; }
has_recording() { find "$root/var/lib/hansard/data" -name '*product-review.m4a' | grep -q .; }
remove_kept_all() { [ -e "$root/etc/hansard/hansard.conf" ] && has_recording; }
purge_kept_data() { grep -q 'stay in /var/lib/hansard' "$work/purge.log" && has_recording; }

# What someone sees of the meetings: the list, and the items of the one that was recorded.
meetings() { web /api/meetings | jq -S '[.meetings[] | {meeting_id, title, action_items_count}]'; }
items() { web "/api/meetings/$id" | jq -S '.meeting.summary'; }

[ "$(id -u)" -eq 0 ] || die "this test is root's: it makes and boots a clean Debian root"
cd "$setup_dir/.."
"$setup_dir/packages.sh" package-test
if [ -n "${2:-}" ]; then
    cp -r "$1" "$work/old"
    cp -r "$2" "$work/new"
else
    "$setup_dir/package.sh" "$work/old"
    "$setup_dir/package.sh" "$work/new" "$(dpkg-deb -f "$work"/old/hansard_*.deb Version)+next"
fi
version=$(dpkg-deb -f "$work"/old/hansard_*.deb Version)
next=$(dpkg-deb -f "$work"/new/hansard_*.deb Version)
"$setup_dir/clean-root.sh" "$root"
mkdir -p "$root/debs"
cp -r "$work/old" "$work/new" "$root/debs/"
# What the packages need comes from the mirror now: from here on there is no network.
run_logged "$work/download.log" chroot "$root" sh -c 'apt-get install -y --no-install-recommends --download-only /debs/old/*.deb'
say "booting it"
boot

say "install"
install_packages /debs/old
expect "the service runs" inside systemctl is-active hansard
expect "as its own user" pgrep --ns "$leader" --nslist pid -x -u "$(inside id -u hansard)" hansard
expect "it answers, as version $version" answers_as "$version"
expect "man finds both pages" inside test -e /usr/share/man/man1/hansard.1.gz -a -e /usr/share/man/man5/hansard.conf.5.gz
score=$(inside systemd-analyze security --no-pager hansard | sed -n 's/.*Overall exposure level for hansard.service: \([0-9.]*\).*/\1/p')
expect "systemd's exposure level of the unit, $score, is at most 2.0" awk -v score="$score" 'BEGIN {exit !(score != "" && score <= 2.0)}'

say "a recording"
id=$(web '/api/meetings?filename=product-review.m4a' -H 'Content-Type: application/octet-stream' \
    --data-binary @samples/product-review.m4a | jq -r .meeting_id)
for _ in {1..300}; do
    status=$(web "/api/meetings/$id" | jq -r .meeting.status)
    [ "$status" != ready ] && [ "$status" != failed ] || break
    sleep 1
done
expect "it is ready" test "$status" = ready
items >"$work/items"
expect "it has action items" jq -e '.action_items | length >= 3' "$work/items"
jq -r '.action_items[].text' "$work/items" | sed 's/^/    /'
meetings >"$work/meetings"
expect "the command line shows it, as the service's user" lists "$id"
expect "the audit of systemd finds no refused call" nothing_refused

say "upgrade to $next"
inside sh -c 'echo "HANSARD_RATE_LIMIT=77" >>/etc/hansard/hansard.conf'
install_packages /debs/new
expect "the service runs, as version $next" answers_as "$next"
expect "what was set still is" inside grep -qx 'HANSARD_RATE_LIMIT=77' /etc/hansard/hansard.conf
meetings >"$work/meetings-after"
expect "the same meetings are listed" cmp "$work/meetings" "$work/meetings-after"
items >"$work/items-after"
expect "with the same items" cmp "$work/items" "$work/items-after"

say "remove"
run_logged "$work/remove.log" inside apt-get -y remove hansard
expect "the program is gone" inside test ! -e /usr/bin/hansard -a ! -e /lib/systemd/system/hansard.service
expect "the service has ended" has_ended
expect "settings and data are kept" remove_kept_all

say "purge"
run_logged "$work/purge.log" inside apt-get -y purge hansard
expect "settings are gone" inside test ! -e /etc/hansard
expect "data is kept, and purge says where" purge_kept_data
say "all of it works"
