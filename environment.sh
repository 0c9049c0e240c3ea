#!/bin/sh
# sh environment.sh VENV FILE: makes VENV hold what the requirements FILE asks for.
#
# Does nothing, and needs no network, while VENV holds it. An interrupted installation
# starts afresh. PYTHON=... in the environment chooses the interpreter.
set -eu

venv=$1
file=$2
ready=$venv/ready # exists except while pip is at work
stamp=$venv/$file # what the last installation of FILE asked for

fail() {
  echo "$1" >&2
  exit 2
}

# The exit status tells whether $1 can make the environment: 0 yes, 1 it lacks venv or
# ensurepip, 2 it is of another version, else it does not run.
judge() {
  "$1" -c '
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(2)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(1)
' 2>/dev/null
}

# Prints the interpreter to use: PYTHON, or the first good one on the path.
choose() {
  bare=
  set -- "${PYTHON:-python3}"
  [ -n "${PYTHON:-}" ] || set -- python3 python3.13 python3.12 python3.11
  for python; do
    verdict=0
    judge "$python" || verdict=$?
    case $verdict in
      0) command -v "$python"; return ;;
      1) bare=${bare:-$python} ;;
    esac
  done
  if [ -n "$bare" ]; then
    name=$("$bare" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    fail "$bare lacks venv or ensurepip: install them (Debian, Ubuntu: apt install $name-venv), or choose another Python (make PYTHON=/path/to/python3.12)."
  fi
  python=${PYTHON:-python3}
  found=$("$python" -c 'import sys; print("is Python %d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    found="does not run"
  fail "Python 3.11, 3.12 or 3.13 is needed, but $python $found: install one and choose it (make PYTHON=/path/to/python3.12)."
}

# True if VENV is whole and, where PYTHON is given, of that version.
whole() {
  [ -e "$ready" ] && "$venv/bin/python" -c '' 2>/dev/null || return 1
  [ -z "${PYTHON:-}" ] || [ "$("$venv/bin/python" -V)" = "$("$PYTHON" -V 2>&1)" ]
}

wanted() {
  [ "$file" = requirements.txt ] || cat requirements.txt
  cat "$file"
}

fresh=
if ! whole; then
  python=$(choose)
  fresh=yes
  echo "Making $venv with $python"
  rm -rf "$venv"
  "$python" -m venv "$venv" || fail "$python could not make $venv; see above."
elif wanted | cmp -s - "$stamp"; then
  exit 0
fi

echo "Installing $file into $venv (once; over 1 GB on disk)"
quiet=
[ -t 1 ] || quiet=--quiet
rm -f "$ready"
status=0
"$venv/bin/python" -m pip install --disable-pip-version-check --no-input $quiet \
  ${PIP_ARGS:-} -r "$file" || status=$?
if [ "$status" -ne 0 ]; then
  # A pip that gives up by itself leaves what was installed before as it was.
  [ -n "$fresh" ] || [ "$status" -gt 2 ] || : >"$ready"
  fail "Installing $file failed, see above; the same command tries again and keeps what was downloaded."
fi
wanted >"$stamp"
: >"$ready"
