import { exec } from './docker';
import type { Identity } from './pki';
import { dockerOk, type TestCluster } from './test-cluster';

/** What a client is given besides its identity. */
export interface Knock {
  readonly identity?: Identity;
  /** Options of `openssl s_client`. @default the protocol of the database */
  readonly options?: string;
  /** No TLS at all. */
  readonly plain?: boolean;
  /** Address of the data server. @default its name */
  readonly host?: string;
}

/** What came of a knock. */
export interface Answer {
  /** Bytes that the database replied to the request. */
  readonly bytes: number;
  /** The other side ended the connection by itself. */
  readonly closed: boolean;
  /** What openssl said. */
  readonly words: string;
}

/** What a certificate is to say. */
export interface Forgery {
  readonly subject: string;
  /** Days from now. @default -1 */
  readonly from?: number;
  /** Days from now. @default 1 */
  readonly until?: number;
  /** Host name. @default - the subject's last value */
  readonly host?: string;
}

/**
 * The first message that GT.CM's client sends, as an application server of this engine sent it (recorded on the wire): version of the
 * protocol, host, user. The server answers it before anything else.
 */
const FIRST_REQUEST = Buffer.from(
  '007a215838364c4e5847544d30373047434d323130202020202020202020202020202020202020690000000000000031d1026b000000000000000000000000' +
    '6170702d7365727665722d3200000000697269736f776e6572000000697269736f776e6572000000000000000000000000000000000000000000000000000000',
  'hex',
);

const FORGE = `set -e; cd "$(mktemp -d /tmp/forge.XXXXXX)"; cat >ca.pem; : >index
cat >conf <<END
[ca]
default_ca=x
[x]
database=index
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
[any]
[req]
distinguished_name=none
[none]
[leaf]
subjectAltName=DNS:$4
extendedKeyUsage=serverAuth,clientAuth
END
openssl req -config conf -new -newkey rsa:2048 -nodes -keyout key -subj "$1" -out csr 2>/dev/null
openssl ca -batch -notext -preserveDN -config conf -cert ca.pem -keyfile ca.pem -in csr -startdate "$2" -enddate "$3" -extensions leaf -out cert 2>log || { cat log >&2; exit 1; }
cat cert; echo ===; cat key`;

const KNOCK = `cd "$(mktemp -d /tmp/knock.XXXXXX)"; IFS= read -r request; cat >id.pem; test -s id.pem && id='-cert id.pem'
ask() { base64 -d <<<"$request"; sleep 1.2; }
if [[ $1 == plain ]]; then exec 3<>"/dev/tcp/$2/1972"; base64 -d <<<"$request" >&3; timeout 2 cat <&3 >reply 2>words; rc=$?
else ask | timeout 4 openssl s_client -quiet -connect "$2:1972" $id $3 >reply 2>words; rc=\${PIPESTATUS[1]}; fi
stat -c %s reply; echo "$rc"; cat words`;

/** A container on the cluster's network that is no server: the image's openssl and bash, nothing published. */
export class HostileClient {
  private constructor(
    public readonly container: string,
    public readonly image: string,
  ) {}

  /** @param label Another one than the cluster's keeps the container from `./ecp`, which removes what the state does not know. */
  public static async start(
    { name }: Pick<TestCluster, 'name'>,
    network = name,
    label = `ecp.cluster=${name}`,
  ): Promise<HostileClient> {
    const image = await dockerOk('inspect', '--format', '{{.Image}}', `${name}-data-server`);
    const container = `${name}-client${network === name ? '' : '-abroad'}`;
    await dockerOk(
      ...['run', '--detach', '--name', container, '--label', label, '--network', network, '--memory', '256m'],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--entrypoint', 'sleep', image, '1200'],
    );
    return new HostileClient(container, image);
  }

  /** Has a certificate signed by an authority whose key is at hand. */
  public async forge(authority: Identity, { subject, from = -1, until = 1, host }: Forgery): Promise<Identity> {
    const name = host ?? subject.split('=').pop()!;
    const { stdout } = await this.run(FORGE, [subject, date(from), date(until), name], authority.cert + authority.key);
    const [cert = '', key = ''] = stdout.split('===\n');
    return { cert, key };
  }

  /** A new authority. */
  public async authority(name: string): Promise<Identity> {
    const script = `cd /tmp; openssl req -x509 -newkey rsa:2048 -nodes -keyout k.$$ -out c.$$ -subj "/CN=$1" -days 2 2>/dev/null; cat c.$$; echo ===; cat k.$$`;
    const [cert = '', key = ''] = (await this.run(script, [name])).stdout.split('===\n');
    return { cert, key };
  }

  /** Sends a real request of the database's protocol and counts the bytes of the reply. */
  public async knock({ identity, options = '-alpn ecp', plain = false, host = 'data-server' }: Knock): Promise<Answer> {
    const input = `${FIRST_REQUEST.toString('base64')}\n${identity ? identity.cert + identity.key : ''}`;
    const { stdout } = await this.run(KNOCK, [plain ? 'plain' : 'tls', host, options], input);
    const [bytes = '', code = '', ...words] = stdout.split('\n');
    return { bytes: Number(bytes), closed: code !== '124', words: words.join('\n') };
  }

  /**
   * The control: whether the database replies. GT.CM leaves a client without an answer, whoever it is, when its first request comes some
   * milliseconds after its connection, as it may on a busy machine; so it has some attempts.
   */
  public async isServed(knock: Knock): Promise<boolean> {
    for (let attempt = 1; attempt <= 6; attempt++) if ((await this.knock(knock)).bytes > 0) return true;
    return false;
  }

  /** Takes a server's name on the network and answers there with an identity; `heard` tells what it was told. */
  public async answerAs(name: string, network: string, identity: Identity): Promise<void> {
    await this.run('cat >/tmp/impostor.pem; : >/tmp/heard', [], identity.cert + identity.key);
    const serve =
      'sleep 90 | openssl s_server -accept 1972 -quiet -alpn ecp,ecp-sync -cert /tmp/impostor.pem -key /tmp/impostor.pem >/tmp/heard 2>/tmp/words';
    await dockerOk('network', 'disconnect', network, this.container);
    await dockerOk('network', 'connect', '--alias', name, network, this.container);
    // Not before: openssl serves one connection at a time, and one that the change of networks cuts off would hold it for ever.
    await dockerOk('exec', '--detach', this.container, 'bash', '-c', serve);
  }

  /** Stops answering and gives the name back. */
  public async beSilent(network: string): Promise<void> {
    const script = `for comm in /proc/[0-9]*/comm; do pid=\${comm//[^0-9]/}
      [[ $pid == 1 || ! $(<"$comm") =~ ^(openssl|sleep)$ ]] || kill -9 "$pid"; done 2>/dev/null; true`;
    await this.run(script);
    await dockerOk('network', 'disconnect', network, this.container);
    await dockerOk('network', 'connect', network, this.container);
  }

  /** Bytes that came through TLS to the impostor. */
  public async heard(): Promise<number> {
    return Number((await this.run('stat -c %s /tmp/heard')).stdout);
  }

  /** Connects without an identity for some seconds, by TLS as fast as one process can, and some by plain text; returns how many a second. */
  public async flood(seconds: number): Promise<{ refused: number; realSec: number }> {
    const script = `nice openssl s_time -connect data-server:1972 -new -time "$1" >/tmp/s_time 2>&1 & plain=0
while kill -0 $! 2>/dev/null; do
  for i in {1..22}; do { exec 3<>/dev/tcp/data-server/1972 && echo plain >&3 && read -r -t 1 _ <&3; exec 3>&-; } 2>/dev/null; done
  plain=$((plain + 22)); sleep 0.08
done; echo "$plain"; cat /tmp/s_time`;
    const { stdout } = await this.run(script, [String(seconds)], '', seconds * 4);
    const [, connections, realSeconds] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? [];
    return { refused: Number(connections) + parseInt(stdout, 10), realSec: Number(realSeconds) };
  }

  public run(script: string, args: readonly string[] = [], input = '', timeoutSec = 60) {
    return exec(this.container, ['bash', '-c', script, 'hostile', ...args], { input, timeoutSec });
  }
}

/** In the form that openssl takes: YYYYMMDDHHMMSSZ. */
function date(daysFromNow: number): string {
  return `${new Date(Date.now() + daysFromNow * 86_400_000).toISOString().replace(/[-:T]|\..*/g, '')}Z`;
}
