#!/bin/sh
# Makes FOLDER a Python environment with pyas2lib and cryptography in it, once.
#
#   tests/peers/as1.sh FOLDER
#
# Exits 1, with pip's words, where it cannot be had.
set -eu
folder=$1
here=$(cd -- "$(dirname -- "$0")" && pwd)
if [ -f "$folder/whole" ] && cmp -s "$folder/whole" "$here/as1.txt"; then exit 0; fi
rm -rf -- "$folder"
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
    --requirement "$here/as1.txt"
# Only a whole one is taken for one.
cp "$here/as1.txt" "$folder/whole"
