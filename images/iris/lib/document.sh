# What the scripts need to know of config.json, and say to the classes in /run/ecp/databases. Sourced by ecp-entrypoint and ecp-node.
# shellcheck shell=bash disable=SC2016,SC2034

# usage: list_databases -> a line each: name, directory, data server where it is a remote one; tabs between. `databases` of an IRIS
# document come first: the first one is what a reference on a data server means.
list_databases() {
  # IRIS itself puts its manager's directory in when it loads the document; here it is the one of a durable %SYS in ISC_DATA_DIRECTORY.
  jq -r --arg role "$ECP_ROLE" '
    def place: tostring | gsub("\\$\\{(MGRDIR|mgrdir)\\}"; "/durable/iris/mgr/") | if startswith(":mirror:") then . else sub("/*$"; "/") end;
    [(.Databases // {}) | to_entries[] | {name: .key, directory: (.value.Directory // "" | place), server: (.value.Server // "" | tostring)}
      | select((.server == "") == ($role == "data-server"))] as $named
    | ($named + [select($role == "data-server") | (.["SYS.Databases"] // {}) | keys_unsorted[] | place
        | select(. as $one | $named | all(.directory != $one)) | {name: "", directory: ., server: ""}])[]
    | [.name, .directory, .server] | join("\t")' "$FILES/config.json"
}

# usage: list_namespaces -> a line each: namespace, database or nothing, pattern of mapped names; the character 31 between. The mappings of
# %ALL are those of USER too. The first one is what a reference on an application server means.
list_namespaces() {
  jq -r '
    def pattern: tostring | sub("\\(.*$"; "") | gsub("\\."; "\\.") | sub("\\*$"; ".*");
    ((.MapGlobals // {}) | to_entries[] | (if .key == "%ALL" then "USER" else .key end) as $namespace | .value[]
      | [$namespace, (.Database // ""), (.Name | pattern)]),
    ((.Namespaces // {}) | objects | to_entries[] | [.key, (.value.Globals // "" | tostring), ".*"]) | join("\u001f")' "$FILES/config.json"
}

# Leaves the databases in /run/ecp/databases, or prints a sentence when the classes could not work with one.
read_databases() {
  local name directory server
  list_databases >"$RUN/databases.new"
  [[ -s "$RUN/databases.new" ]] || {
    echo "config.json: Databases must name a directory${ECP_ROLE:+ of the $ECP_ROLE}, got none"
    return
  }
  while IFS=$'\x1f' read -r name directory server; do
    # A mirrored database has its name in the mirror instead (class reference of Config.ECPServers, MirrorConnection).
    [[ -n "$server" && "$directory" =~ ^:mirror:[A-Za-z][A-Za-z0-9]{0,14}:[A-Za-z_][A-Za-z0-9_-]*$ ]] ||
      [[ "$directory" =~ ^/([A-Za-z0-9_-][A-Za-z0-9._-]*/)+$ ]] ||
      { echo "config.json: Databases.$name must name a directory that ends with /, got '$directory'" && return; }
    [[ "$server" =~ ^([A-Za-z0-9][A-Za-z0-9._-]*)?$ ]] ||
      { echo "config.json: Databases.$name.Server must name a data server, got '$server'" && return; }
  done < <(tr '\t' '\037' <"$RUN/databases.new")
  mv "$RUN/databases.new" "$RUN/databases"
}

# What a reference means: `place` is the part of an extended reference before the name (InterSystems, Using Globals, "Extended Global
# References"), MAPPED a pattern of the names that are there. Without --namespace a data server's is the database that config.json declares
# first (implied namespace ^^directory), an application server's the first namespace that a mapping names.
read_place() { # usage: read_place [NAMESPACE]
  local wanted="${1:-}" line known
  place='' MAPPED=''
  if [[ "$ECP_ROLE" == data-server ]]; then
    line="$(awk -F'\t' -v wanted="$wanted" 'wanted == "" || toupper($1) == toupper(wanted) {print $2; exit}' "$RUN/databases")"
    place="${line:+^^$line}"
  fi
  [[ "$place" == '' ]] || return 0
  known="$(list_namespaces)"
  [[ "$known" != '' ]] || known=$'USER\037\037-'
  place="$(awk -F'\037' -v wanted="$wanted" 'wanted == "" || toupper($1) == toupper(wanted) {print $1; exit}' <<<"$known")"
  [[ "$place" =~ ^%?[A-Za-z0-9][A-Za-z0-9_-]*$ ]] ||
    complain 2 "ecp-node: '--namespace' must be a namespace of config.json$([[ "$ECP_ROLE" != data-server ]] || echo ' or a database of it'), got '$wanted'; it has $(list_places)"
  MAPPED="$(awk -F'\037' -v place="$place" '$1 == place {printf "%s%s", sep, $3; sep = "|"}' <<<"$known")"
}

list_places() {
  { [[ "$ECP_ROLE" != data-server ]] || cut -f1 "$RUN/databases"; list_namespaces | cut -d $'\x1f' -f1; } | awk 'NF && !seen[$0]++ {printf "%s%s", sep, $0; sep = ", "}'
}
