#!/usr/bin/env bash
# Runs once in a container of its own, as root with CAP_CHOWN alone: takes the files that Terraform uploaded, gives them to the
# servers' user and shows them to the server in one step. Needs bash and coreutils.
#
# usage: deliver-files.sh SOURCE TARGET UID
#   TARGET/current is a link to a directory TARGET/.<hash>; each entry of SOURCE has a link TARGET/<entry> through it. Moving
#   `current` is one rename, so that a server sees either all old or all new files. TARGET/current/.sha256 lists the files as
#   sha256sum(1) does; <hash> is the start of the list's own hash, and is printed, so that a change by hand can be found.
set -Eeuo pipefail
shopt -s nullglob

readonly source="${1:?source directory}" target="${2:?target directory}" owner="${3:?user id}"

install_files() { # install_files DIRECTORY
  local -r directory="$1"
  local path
  rm -rf "$directory"
  mkdir -m 0755 "$directory" "$directory/pki"
  for path in * pki/*; do
    [[ -f "$path" ]] || continue
    cp "$path" "$directory/$path"
    chmod 0400 "$directory/$path"
    # Last: afterwards only the owner, or root with more capabilities, may change the file.
    chown "$owner:$owner" "$directory/$path"
  done
  # As secret as the files: a short password can be guessed from its hash.
  printf '%s\n' "$manifest" >"$directory/.sha256"
  chmod 0400 "$directory/.sha256"
  chown "$owner:$owner" "$directory/.sha256"
}

show() { # show LINK DESTINATION: makes or moves a link in one step
  # Somebody may have put a directory in the link's place, which no rename replaces.
  [[ -L "$target/$1" || ! -d "$target/$1" ]] || rm -rf "${target:?}/$1"
  ln -sfn "$2" "$target/.link"
  mv -T "$target/.link" "$target/$1"
}

remove_stale_links() {
  local link
  for link in "$target"/*; do
    [[ "$link" == "$target/current" || -e "${link##*/}" ]] || rm -rf "$link"
  done
}

_main() {
  local manifest hash previous name
  cd "$source"
  if [[ ! -f config.json ]]; then
    echo "deliver-files.sh: error: no config.json in $source" >&2
    exit 1
  fi
  manifest="$(for name in * pki/*; do [[ -d "$name" ]] || sha256sum -- "$name"; done)"
  hash="$(sha256sum <<<"$manifest")"
  hash="${hash:0:16}"
  previous="$(readlink "$target/current" || true)"
  # The same files again: the directory that is shown must stay until the new one is.
  if [[ "$previous" == ".$hash" ]]; then hash+="-again"; fi
  install_files "$target/.new"
  rm -rf "${target:?}/.$hash"
  mv -T "$target/.new" "$target/.$hash"
  for name in *; do show "$name" "current/$name"; done
  show current ".$hash"
  remove_stale_links
  if [[ -n "$previous" && "$previous" != ".$hash" ]]; then rm -rf "${target:?}/$previous"; fi
  # Keys must not stay in the layer of a container that nobody looks at.
  cd /
  rm -rf "${source:?}"
  echo "files delivered: $hash"
}

_main
