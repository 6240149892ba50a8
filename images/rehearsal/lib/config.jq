# An IRIS Config-API document -> shell assignments for the rehearsal engine, or REASON='one sentence'.
# It enforces what it takes, refuses what would mean something else here, and lists in IGNORED what it does not act on.
def on: tostring | ascii_downcase | . == "1" or . == "true";
def no($sentence): error($sentence);
def only($section): (.[$section] // {}) | to_entries
  | if length == 1 then .[0] else no("\($section) must have exactly one entry here, it has \(length)") end;
def directory($at): (. // "" | tostring | sub("/*$"; "/"))
  | if test("^/durable/([A-Za-z0-9_-][A-Za-z0-9._-]*/)+$") then . else no("\($at) must be a directory below /durable, got '\(.)'") end;
def tls($ssl; $at):
  def file($key): ($ssl[$key] // "" | tostring)
    | if test("^/[A-Za-z0-9._/-]+$") then . else no("\($at).\($key) must be the path of a file, got '\(.)'") end;
  def version($key; $default): {"16": "TLSv1.2", "32": "TLSv1.3"}[$ssl[$key] // $default | tostring]
    // no("\($at).\($key) must be 16 (TLS 1.2) or 32 (TLS 1.3), got '\($ssl[$key])'");
  if $ssl == null then no("\($at) is missing") elif ($ssl.Enabled // 1 | on) then . else no("\($at) is not enabled") end
  | {CA: file("CAFile"), CERTIFICATE: file("CertificateFile"), KEY: file("PrivateKeyFile"),
     TLS_MIN: version("TLSMinVersion"; 16), TLS_MAX: version("TLSMaxVersion"; 32)}
  | if .TLS_MIN > .TLS_MAX then no("\($at).TLSMinVersion is above TLSMaxVersion") else . end;
def type($ssl; $at; $type; $is):
  if ($ssl.Type // $type | tostring) == $type then . else no("\($at).Type must be \($type) (\($is)), got '\($ssl.Type)'") end;
def service: {SERVICE: (if .["Security.Services"]["%Service_ECP"].Enabled // false | on then "on" else "off" end)};

# The mappings of all namespaces in their order. Those of %ALL are USER's too.
def mappings: .MapGlobals // {} | to_entries[] | (if .key == "%ALL" then "USER" else .key end) as $space | .value[] | {$space, map: .};

def data_server:
  .["Security.SSLConfigs"]["%ECPServer"] as $ssl
  | "Security.SSLConfigs.%ECPServer" as $at
  | type($ssl; $at; "1"; "server")
  | if (.["Security.System"].SSLECPServer // 0 | tostring) != "2"
    then no("Security.System.SSLECPServer must be 2 (required): this engine has no clear-text ECP") else . end
  | if ($ssl.VerifyPeer // 0 | tostring) != "3"
    then no("\($at).VerifyPeer must be 3 (require): this engine admits by certificate only") else . end
  | only("SYS.Databases") as $file | only("Databases") as $db
  | ($db.value.Directory | directory("Databases.\($db.key).Directory")) as $dir
  | if ($file.key | directory("SYS.Databases")) != $dir
    then no("Databases.\($db.key).Directory is \($dir), which SYS.Databases does not create (it has \($file.key))") else . end
  | service + tls($ssl; $at) + {DIRECTORY: $dir, DATABASE: $db.key};

# Can a global be meant by both names, of which each may be a prefix and *?
def meets($one; $other):
  ($one | rtrimstr("*")) as $a | ($other | rtrimstr("*")) as $b
  | if ($one | endswith("*")) and ($other | endswith("*")) then ($a | startswith($b)) or ($b | startswith($a))
    elif $one | endswith("*") then $b | startswith($a) elif $other | endswith("*") then $a | startswith($b) else $a == $b end;

# One data server, the one database there, and the globals that are mapped to it.
def remote($server; $all):
  "ECPServers.\($server.key)" as $at
  | ($server.value.Address // "" | tostring) as $address | ($server.value.Port // 1972 | tostring) as $port
  | if $address | test("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$") and (test("^[0-9.]+$") | not) then .
    else no("\($at).Address must be a host name (the data server's certificate is checked against it), got '\($address)'") end
  | if ($port | test("^[0-9]{1,5}$")) and ($port | tonumber | . > 0 and . < 65536) then .
    else no("\($at).Port must be a port number, got '\($port)'") end
  | if ($server.value.MirrorConnection // 0 | on) == ((env.ECP_MIRROR_MEMBERS // "") != "") then .
    else no("\($at).MirrorConnection must be 1 with ECP_MIRROR_MEMBERS and only then, got '\($server.value.MirrorConnection // 0)'") end
  | if $server.value.SSLConfig // 0 | on then . else no("\($at).SSLConfig must be 1: this engine has no clear-text ECP") end
  | [$all.Databases | to_entries[] | select(.value.Server == $server.key)]
  | if length == 1 then .[0] else no("Databases must have one entry for each data server here, \($server.key) has \(length)") end
  | . as $db
  | [$all | mappings | select(.map.Database == $db.key) | .map.Name] as $names
  | if $names == [] then no("MapGlobals maps no global to \($db.key)") else . end
  | {ADDRESS: $address, PORT: $port, PEER: $server.key, DATABASE: $db.key,
     DIRECTORY: ($db.value.Directory | directory("Databases.\($db.key).Directory")), MAPPED: ($names | unique | join(" "))};

def app_server:
  . as $all | .["Security.SSLConfigs"]["%ECPClient"] as $ssl
  | type($ssl; "Security.SSLConfigs.%ECPClient"; "0"; "client")
  | (.ECPServers // {} | to_entries) as $servers
  | if $servers | length > 0 and length < 9 then . else no("ECPServers must have one to eight entries here, it has \($servers | length)") end
  | if .Databases // {} | length > 0 then . else no("Databases must have one entry for each data server here, it has none") end
  | [.Databases | to_entries[] | select(.value.Server as $name | $servers | any(.key == $name) | not)] as $stray
  | if $stray == [] then . else no("Databases.\($stray[0].key).Server is '\($stray[0].value.Server // "")', which ECPServers does not define (it has \($servers | map(.key) | join(", ")))") end
  | [$all | mappings | . as {$space, $map} | "MapGlobals.\($space)" as $at
      | if $all.Databases[$map.Database] == null then no("\($at) maps \($map.Name) to '\($map.Database)', Databases has \($all.Databases | keys_unsorted | join(", "))")
      elif $map.Name // "" | tostring | test("^([A-Za-z][A-Za-z0-9.]{0,30})?\\*?$") and . != "" then {$space, name: $map.Name, database: $map.Database}
      else no("\($at)[].Name must be a global's name or a prefix and *, got '\($map.Name // "")'") end] as $names
  | (first($names[] as $one | $names[] | . as $other | select($one.database != $other.database and meets($one.name; $other.name)) | [$one, $other]) // null) as $clash
  | if $clash then no("MapGlobals maps \($clash[0].name) to \($clash[0].database) and \($clash[1].name) to \($clash[1].database): a name means one database here") else . end
  | [$servers[] | remote(.; $all)] as $remotes
  | ($names | map(.space) | unique_by(. as $one | $names | map(.space) | index($one))) as $spaces
  | ($all | service) + tls($ssl; "Security.SSLConfigs.%ECPClient") + $remotes[0]
    + ([$remotes | to_entries[1:][] | .key as $i | .value | with_entries(.key += "_\($i + 1)")] | add // {})
    + {VERIFY: (if $ssl.VerifyPeer // 0 | on then "required" else "none" end), SERVERS: ($remotes | length),
       NAMESPACES: ($spaces | map(. as $space | "\($space) \($names | map(select(.space == $space).name) | join(" "))") | join(";"))};

# The arbiter has nothing to be configured: its files are where every server's are.
def arbiter: {SERVICE: "on", CA: "/ecp/files/pki/ca.pem", CERTIFICATE: "/ecp/files/pki/cert.pem", KEY: "/ecp/files/pki/key.pem",
  TLS_MIN: "TLSv1.2", TLS_MAX: "TLSv1.3"};

def known: "^(Security.Services.%Service_ECP.Enabled|Security.SSLConfigs.%ECP(Server|Client)"
  + ".(CAFile|CertificateFile|PrivateKeyFile|PrivateKeyType|VerifyPeer|TLSMinVersion|TLSMaxVersion|Enabled|Type)"
  + (if $role == "data-server" then "|Security.System.SSLECPServer|SYS.Databases.[^.]*|Databases.[^.]*.(Directory|MountRequired))$"
     else "|ECPServers.[^.]*.(Address|Port|SSLConfig|MirrorConnection)|Databases.[^.]*.(Directory|Server)|MapGlobals.[^.]*.[0-9]+.(Name|Database))$" end);
def ignored: . as $all | [paths(type != "object" and type != "array" and . != null) as $path
  | select(($path[-1] == "Name" and ($all | getpath($path)) == $path[-2]) | not)
  | $path | map(tostring) | join(".") | select(test(known) | not)];

try (if type != "object" then no("config.json must be a JSON object") elif $role == "data-server" then data_server elif $role == "arbiter" then arbiter else app_server end)
  catch {REASON: (. | tostring)}
| . + {IGNORED: ($config[0] | try (ignored | tojson) catch "[]")}
| to_entries[] | "ECP_\(.key)=\(.value | tostring | @sh)"
