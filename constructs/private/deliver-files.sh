#!/usr/bin/env bash
# Runs once in a container of its own, as root with CAP_CHOWN alone: takes the files that Terraform uploaded, gives them to the
# servers' user and shows them to the server in one step. Needs bash and coreutils.
#
# usage: deliver-files.sh SOURCE TARGET UID [DIRECTORY]...
#   Each DIRECTORY is the top of a volume that the server writes: it is given to UID.
#   The files are lines `#file PATH BASE64` at the end of this script, comments to bash, and whatever is below SOURCE/files. PATH is
#   a name or pki/<name>. The script itself is in SOURCE, which is removed.
#   A TARGET with something that no delivery made, and without a delivery, is somebody else's: it is refused and stays as it is.
#   TARGET/current is a link to a directory TARGET/.<hash>; each entry of it has a link TARGET/<entry> through it. Moving `current`
#   is one rename, so that a server sees either all old or all new files. TARGET/current/.sha256 lists the files as sha256sum(1)
#   does; <hash> is the start of the list's own hash, and is printed, so that a change by hand can be found.
set -Eeuo pipefail
shopt -s nullglob

readonly script="${BASH_SOURCE[0]}"
readonly source="${1:?source directory}" target="${2:?target directory}" owner="${3:?user id}" directories=("${@:4}")

# In a volume that files were delivered to, what is strange is drift, and goes. One without a delivery may hold what the first leaves
# when it is cut short, and what a file system of its own has.
require_own_target() {
  local path generation='^\.[0-9a-f]{16}(-again)?$'
  if [[ "$(readlink "$target/current" || true)" =~ $generation ]]; then return; fi
  for path in "$target"/.*/config.json; do
    path="${path%/*}"
    if [[ "${path##*/}" =~ $generation ]]; then return; fi
  done
  for path in "$target"/* "$target"/.[!.]* "$target"/..?*; do
    if [[ "${path##*/}" =~ ^(\.new|lost\+found)$ ]]; then continue; fi
    echo "deliver-files.sh: error: the volume holds '${path##*/}', which no delivery made: move it elsewhere, or choose another name for the cluster" >&2
    exit 1
  done
}

unpack() { # into the working directory, readable by the owner alone from the first byte on
  local mark path content
  umask 0277
  while read -r mark path content; do
    if [[ "$mark" == '#file' ]]; then base64 -d <<<"$content" >"$path"; fi
  done <"$script"
  if [[ -d "$source/files" ]]; then cp -r "$source/files/." .; fi
  if [[ ! -f config.json ]]; then
    echo "deliver-files.sh: error: no config.json in $source" >&2
    exit 1
  fi
}

give_away() { # the files of the working directory, with their list
  local path files=()
  for path in * pki/*; do
    if [[ -f "$path" ]]; then files+=("$path"); fi
  done
  # As secret as the files: a short password can be guessed from its hash.
  sha256sum -- "${files[@]}" >.sha256
  hash="$(sha256sum <.sha256)"
  hash="${hash:0:16}"
  # Last: afterwards only the owner, or root with more capabilities, may read or change them.
  chown "$owner:$owner" -- "${files[@]}" .sha256
}

show() { # show LINK DESTINATION: makes or moves a link in one step
  # Somebody may have put a directory in the link's place, which no rename replaces.
  [[ -L "$target/$1" || ! -d "$target/$1" ]] || rm -rf "${target:?}/$1"
  ln -sfn "$2" "$target/.link"
  mv -T "$target/.link" "$target/$1"
}

show_entries() { # of the working directory
  local name missing=()
  for name in *; do
    if [[ ! -e "$target/$name" && ! -L "$target/$name" ]]; then
      missing+=("current/$name")
    else
      show "$name" "current/$name"
    fi
  done
  if ((${#missing[@]} > 0)); then ln -s -t "$target" -- "${missing[@]}"; fi
}

remove_stale_links() {
  local link
  for link in "$target"/*; do
    [[ "$link" == "$target/current" || -e "${link##*/}" ]] || rm -rf "$link"
  done
}

_main() {
  local hash previous='' old
  require_own_target
  if ((${#directories[@]} > 0)); then chown "$owner:$owner" -- "${directories[@]}"; fi
  if [[ -L "$target/current" ]]; then previous="$(readlink "$target/current")"; fi
  rm -rf "$target/.new"
  mkdir -m 0755 "$target/.new" "$target/.new/pki"
  cd "$target/.new"
  unpack
  give_away
  # The same files again: the directory that is shown must stay until the new one is.
  if [[ "$previous" == ".$hash" ]]; then hash+='-again'; fi
  rm -rf "${target:?}/.$hash"
  mv -T "$target/.new" "$target/.$hash"
  show_entries
  show current ".$hash"
  remove_stale_links
  # Keys must not stay in the layer of a container that nobody looks at.
  old=("${source:?}")
  if [[ -n "$previous" && "$previous" != ".$hash" ]]; then old+=("${target:?}/$previous"); fi
  cd /
  rm -rf "${old[@]}"
  echo "files delivered: $hash"
}

_main
