#!/usr/bin/env bash
#
# npm's script `prepare`: compiles the package when npm installs it from a git address or from a folder, for which nothing is packed.
#
# npm runs it at the end of `npm ci` in a checkout too. There nothing needs what is compiled, and `npm ci --omit=dev` brings no compiler.
set -Eeuo pipefail

# INIT_CWD is where npm was called: within the checkout, or in the project that installs this package.
case "${INIT_CWD:-}/" in
  "$(pwd -P)"/*) ;;
  *) npm run build ;;
esac
