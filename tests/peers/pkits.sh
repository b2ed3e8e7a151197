#!/bin/sh
# Puts PKITS, NIST's test of path validation, into FOLDER, once: 224 signed
# mails, certificates and lists, from the PyPI package cryptography_vectors.
#
#   tests/peers/pkits.sh FOLDER
#
# Exits 1, with pip's words, where it cannot be had.
set -eu
folder=$1
wanted=cryptography_vectors==50.0.2
if [ "$(cat "$folder/whole" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -rf -- "$folder"
mkdir -p -- "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" download --quiet --disable-pip-version-check --retries 1 --timeout 20 \
    --no-deps --only-binary :all: --dest "$folder/package" "$wanted"
python3 -m zipfile -e "$folder"/package/*.whl "$folder/package"
mv -- "$folder/package/cryptography_vectors/x509/PKITS_data" "$folder/pkits"
rm -rf -- "$folder/venv" "$folder/package"
# Only a whole one is taken for one.
printf '%s\n' "$wanted" >"$folder/whole"
