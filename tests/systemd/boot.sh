#!/bin/sh
# PID 1 of fresh namespaces: lays scratch folders over everything the trial writes to, installs workorderd as the README says,
# and becomes systemd. Arguments: an empty folder (`out` in it is what the trial says), the folder of the built programs, the sources.
set -e
out=$1/out scratch=$1/scratch programs=$2 sources=$3
mkdir "$scratch"
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$scratch"
# What the trial may write to: the machine's own folders stay as they are below.
for folder in etc usr/bin var/lib; do
    mkdir -p "$scratch/upper/$folder" "$scratch/spare/$folder"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$scratch/upper/$folder,workdir=$scratch/spare/$folder" overlay "/$folder"
done
# Folders on the way to the programs must not end up below a mount of the trial.
cp "$programs/workorderd" "$programs/workorderctl" /usr/bin/
mkdir -p "$scratch/units" "$scratch/trial"
cp "$sources/systemd/workorderd.service" "$sources/systemd/workorderd.socket" "$sources/systemd/workorderd-guest.socket" "$scratch/units/"
cp -r "$sources/config" "$sources/systemd" "$sources/tests/systemd/trial.sh" "$sources/tests/systemd/in-flight.py" "$scratch/trial/"
cat > "$scratch/units/default.target" <<UNIT
[Unit]
Wants=trial.service
UNIT
# Units ask for these by themselves; those of the machine would bring the machine's services with them.
for target in sysinit basic sockets network shutdown umount multi-user local-fs; do
    printf '[Unit]\nDefaultDependencies=no\n' > "$scratch/units/$target.target"
done
cat > "$scratch/units/trial.service" <<UNIT
[Service]
Type=oneshot
WorkingDirectory=$scratch/trial
ExecStart=/bin/sh $scratch/trial/trial.sh
StandardOutput=append:$out
StandardError=append:$out
TimeoutStartSec=300
UNIT
# There is no journal here: what the daemon logs is shown beside a check that failed.
mkdir "$scratch/units/workorderd.service.d"
printf '[Service]\nStandardError=append:%s/log\n' "$1" > "$scratch/units/workorderd.service.d/log.conf"
mount --make-rshared /
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/dbus
container=wo SYSTEMD_UNIT_PATH="$scratch/units" exec /lib/systemd/systemd --system --unit=default.target --log-target=console --show-status=no >&2
