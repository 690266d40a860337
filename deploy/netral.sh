#!/bin/sh
# One command of the program, as the service's user and with its settings: sudo sh /opt/netral/deploy/netral.sh check
# Files are looked for in /var/lib/netral.
exec systemd-run --quiet --pipe --wait --collect \
  -p DynamicUser=yes -p User=netral -p StateDirectory=netral -p StateDirectoryMode=0700 -p UMask=0077 \
  -p WorkingDirectory=/var/lib/netral -p EnvironmentFile=/etc/netral.env -p Environment=PYTHONPATH=/opt/netral \
  /opt/netral/.venv/bin/python -P -m bot "$@"
