import { FILES_DIRECTORY } from '../../../contract/contract';
import { shellIn } from '../../access/container';
import type { ContainerFacts } from '../../access/docker';
import { OWN_AUTHORITIES, OWN_CERTIFICATE } from '../openssl-options';

/** What a server on InterSystems IRIS reports about itself: lines KEY=VALUE, of which a key may come several times. */
export class IrisFacts {
  private readonly lines: readonly (readonly [string, string])[];

  constructor(
    public readonly server: string,
    text: string,
  ) {
    this.lines = text.split('\n').flatMap(line => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    });
  }

  /** The value of a key, empty when it was not told. */
  public get(key: string): string {
    return this.all(key)[0] ?? '';
  }

  /** All values of a key. */
  public all(key: string): string[] {
    return this.lines.filter(([name]) => name === key).map(([, value]) => value);
  }
}

/** Runs in the container: what the class EcpCluster.Facts tells, and what only a shell sees. No secret is printed. */
const SCRIPT = `
rm -f /run/ecp/facts
instance=\${ISC_PACKAGE_INSTANCENAME:-IRIS}
home=\${ISC_DATA_DIRECTORY:-\${ISC_PACKAGE_INSTALLDIR:-/usr/irissys}}
timeout 30 iris session "$instance" -U %SYS <<<"do ##class(EcpCluster.Facts).Tell(\\"$ECP_ROLE\\")"$'\\nhalt' >/tmp/facts.log 2>&1 || echo "session.exit=$?"
cat /run/ecp/facts 2>/dev/null || echo "session.says=$(tail -c 300 /tmp/facts.log | tr -s '\\n' ' ')"
rm -f /tmp/facts.log
echo "uid=$(id -u)"
echo "version=$(iris qlist "$instance" 2>/dev/null | cut -d^ -f3)"
echo "running=$(iris qlist "$instance" 2>/dev/null | cut -d^ -f4)"
echo "os=$(. /etc/os-release; echo "$ID $VERSION_ID")"
for path in /tini /iris-main "$home/mgr" "$home/iris.cpf" ${FILES_DIRECTORY}/password; do [[ ! -e $path ]] || echo "exists=$path"; done
echo "openssl=$(openssl version)"
echo "capabilities=$(sed -n 's/^CapBnd:\\s*//p' /proc/self/status)"
for process in /proc/[0-9]*; do line=$(tr '\\0' ' ' <"$process/cmdline" 2>/dev/null) || continue; [[ $line != *iris-main* || $line == *ecp-entrypoint* ]] || echo "iris-main=$line"; done
echo "data.directory=\${ISC_DATA_DIRECTORY:-}"
echo "loaded=$(head -n 1 /run/ecp/loaded 2>/dev/null)"
echo "superserver.fault=$(head -n 1 /run/ecp/superserver 2>/dev/null)"
grep -hE '^(MaxServerConn|MaxServers|globals|ClientReconnect[A-Za-z]*|ServerTroubleDuration)=' "$home/iris.cpf" 2>/dev/null | sed 's/^/cpf=/'
grep -hE '^(MaxServerConn|MaxServers|globals|ClientReconnect[A-Za-z]*|ServerTroubleDuration)=' ${FILES_DIRECTORY}/merge.cpf 2>/dev/null | sed 's/^/merge=/'
for file in /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes; do [[ ! -r $file ]] || echo "memory.peak=$(<"$file")"; done
for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do [[ ! -r $file ]] || echo "memory.limit=$(<"$file")"; done
echo "web=$(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:52773/api/monitor/metrics 2>/dev/null)"
[[ $ECP_ROLE == data-server ]] || timeout 5 openssl s_client -connect data-server:1972 ${OWN_CERTIFICATE} \\
  ${OWN_AUTHORITIES} </dev/null 2>/dev/null | sed -nE 's/^ *(New, )?(TLSv[0-9.]+), Cipher is (.*)/handshake=\\2 \\3/p'
true
`;

/** @returns what could be learned; a server that does not answer tells nothing */
export async function gatherFacts(server: {
  readonly name: string;
  readonly facts: Pick<ContainerFacts, 'Id'>;
}): Promise<IrisFacts> {
  const { stdout } = await shellIn(server.facts, SCRIPT, 90);
  return new IrisFacts(server.name, stdout);
}
