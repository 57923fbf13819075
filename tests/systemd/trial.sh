# The trial under a real systemd. Each check prints "ok" or "FAILED" with its name; the first that fails is the last.
unit=workorderd.service
ctl() { workorderctl --socket /run/workorderd/control.sock "$@"; }
show() { systemctl show -P "$1" $unit; }
ok() { echo "ok $1"; }
failed() { echo "FAILED $1"; systemctl status --no-pager $unit | head -30; tail -20 ../../log; echo 'the end'; exit 1; }
check() { name=$1; shift; if "$@" >/dev/null 2>&1; then ok "$name"; else failed "$name: $*"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$1"; else failed "$1: '$2' is not '$3'"; fi; }
within() { name=$1; shift; for _ in $(seq 100); do if eval "$*" 2>/dev/null; then ok "$name"; return; fi; sleep 0.2; done; failed "$name: $*"; }

check sysusers systemd-sysusers $PWD/systemd/sysusers.d/workorderd.conf
check tmpfiles systemd-tmpfiles --create $PWD/systemd/tmpfiles.d/workorderd.conf
cp config/workorderd.toml /etc/workorderd/
printf '[mail]\nenabled = true\nuser = "u"\nfrom = "a@example.org"\n[links]\nbase_url = "https://x.example/e/"\n' >/etc/workorderd/conf.d/mail.toml
printf 'secret\n' >/etc/credstore/smtp-password
head -c 32 /dev/urandom | base64 >/etc/credstore/link-secret
systemctl daemon-reload
check sockets systemctl start workorderd.socket workorderd-guest.socket
same 'modes of the sockets' "$(stat -c %a:%G /run/workorderd/control.sock /run/workorderd/guest.sock | xargs)" '660:workorderd 660:workorderd-guest'
same 'not running before a call' "$(systemctl is-active $unit)" inactive
check 'a call starts it' ctl status
same running "$(systemctl is-active $unit)" active
pid=$(show MainPID)
same 'runs as its own user' "$(stat -c %U /proc/$pid)" workorderd
same 'no capabilities' "$(grep CapBnd /proc/$pid/status | cut -f2)" 0000000000000000
same 'system calls filtered' "$(grep Seccomp: /proc/$pid/status | cut -f2)" 2
same 'data folder for itself' "$(stat -c %a:%U /var/lib/workorderd)" 700:workorderd
case $(show StatusText) in *"head "*"mail well"*) ok 'status line' ;; *) failed "status line: $(show StatusText)" ;; esac
check 'the caller is known through a passed socket' sh -c "workorderctl --socket /run/workorderd/control.sock whoami | grep -q 'uid 0'"
check definitions ctl apply config/definitions
check contact ctl contact put wang --name Wang --email wang@example.cn
check 'a Work Order' ctl create repair lift --contact wang

printf '[control]\ncalls_in_flight = 31\n' >/etc/workorderd/conf.d/limits.toml
check 'good reload' systemctl reload $unit
within 'the reload is in the status' "ctl status | grep -q 'settings *reloaded'"
printf '[control]\ncalls_in_flight = 0\n' >/etc/workorderd/conf.d/limits.toml
systemctl reload $unit
within 'a bad reload is refused' "show StatusText | grep -q 'last reload REFUSED'"
same 'and leaves it running' "$(systemctl is-active $unit) $(show MainPID)" "active $pid"
printf '' >/etc/workorderd/conf.d/limits.toml
systemctl reload $unit
within 'and forgotten after a good one' "! show StatusText | grep -q REFUSED"
printf '[time]\nzone = "Europe/Vienna"\n' >/etc/workorderd/conf.d/limits.toml
systemctl reload $unit
within 'a change that takes a restart is refused' "show StatusText | grep -q 'last reload REFUSED'"
rm /etc/workorderd/conf.d/limits.toml
systemctl reload $unit
within 'and forgotten when it is taken back' "! show StatusText | grep -q REFUSED"
same 'all in one process' "$(show MainPID) $(show NRestarts)" "$pid 0"

printf '[Service]\nWatchdogSec=2s\n' >../units/$unit.d/watchdog.conf
systemctl daemon-reload
systemctl restart $unit
sleep 5
same 'the watchdog is fed' "$(show NRestarts)" 0
kill -STOP "$(show MainPID)"
within 'the watchdog restarts a daemon that stands still' '[ "$(show NRestarts)" = 1 ]'
within 'and it answers again' 'ctl status | grep -q "Work Orders  1"'
kill -KILL "$(show MainPID)"
within 'a killed daemon is restarted' '[ "$(show NRestarts)" = 2 ]'
within 'and has everything' 'ctl status | grep -q "Work Orders  1"'

same 'calls in flight are answered at a stop' "$(python3 in-flight.py)" 30
same 'stopped in order' "$(show Result) $(show ExecMainStatus)" 'success 0'
check 'sockets again' systemctl start workorderd.socket workorderd-guest.socket
within 'nothing is lost by a stop' 'ctl status | grep -q "Work Orders  31"'

rm /etc/credstore/smtp-password
systemctl stop workorderd.socket workorderd-guest.socket $unit
systemctl start workorderd.socket
if systemctl start $unit; then failed 'a missing secret'; else ok 'a missing secret does not start'; fi
same 'wrong settings are not tried again' "$(show ExecMainStatus) $(show NRestarts)" '78 0'
systemctl stop workorderd.socket
systemctl reset-failed
if head -c 20 /dev/urandom | base64 >secret && systemd-creds --name=smtp-password --with-key=host encrypt secret /etc/credstore/encrypted 2>/dev/null; then
    printf '[Service]\nLoadCredential=\nLoadCredential=link-secret\nLoadCredentialEncrypted=smtp-password:/etc/credstore/encrypted\n' >../units/$unit.d/secret.conf
    systemctl daemon-reload
    systemctl start workorderd.socket
    check 'an encrypted secret' systemctl start $unit
else
    ok 'an encrypted secret (no key to be had here)'
fi
systemctl stop workorderd.socket $unit
echo 'the end'
