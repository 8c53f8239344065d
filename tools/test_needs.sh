#!/bin/sh
# What the tests use besides Python packages: a PostgreSQL server and Chromium. Installed where that is possible
# (Debian, root); where it is not, the tests that need them say so in their summary.
set -eu
missing=""
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || [ -n "${TEST_DATABASE_URL:-}" ] || missing="postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing$( [ -n "$missing" ] && echo " $missing") for the tests"
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of package names
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "not installed here:$missing; the tests that need them will be left out (see the summary)"
fi
