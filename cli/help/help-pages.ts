import type { HelpPage } from './help';

const CLUSTER = [
  '--cluster NAME',
  'a cluster that another stack deployed on this Docker host; else that of the settings',
] as const;
const YES = ['-y, --yes', 'do not ask; CI=true means the same'] as const;

/** One page a command, in the order of the overview. Each option of a command stands on its page (a test compares). */
export const HELP_PAGES: Readonly<Record<string, HelpPage>> = {
  up: {
    usage: 'up [--yes] [--check]',
    summary: 'bring this machine and the cluster up; ends when every server is Normal',
    about: `Brings this machine to what is needed (Docker, providers, a base image: listed and asked for first), then the cluster
to what the settings say, and waits until every server is Normal. Run again, it changes what differs and nothing else.
A server that cannot become Normal ends it early, with the server's reason, its last log lines and what to do.`,
    options: [['--check', 'only look, and say what is missing or in the way'], YES],
    exitCodes: [
      ['0', 'every server is Normal; with --check: nothing would stop an up'],
      ['1', 'the machine, the deploy or a server failed, and the text says which'],
    ],
    examples: [
      ['./ecp up', 'the cluster of the settings: a data server and two application servers'],
      ['ECP_APP_SERVERS=3 ./ecp up', 'one application server more; the others are not touched'],
      ['./ecp up --check', 'what is missing on this machine'],
      ['./ecp up --yes >up.log 2>&1', 'in a job: no questions, no colours, a line for each thing made'],
    ],
  },
  status: {
    usage: 'status [--output FORMAT | --watch]',
    summary: 'one line a server; exit code 0 only when all is Normal',
    about: `Finds the servers by their labels, whoever deployed them, and asks each: its state and since when, its certificate, its
web page; below the table a line for each server that is not Normal and for what was changed by hand.`,
    options: [
      [
        '-o, --output FORMAT',
        'table, json, yaml, mermaid (a diagram that GitHub draws) or html (a page that needs nothing else)',
      ],
      ['--watch', 'look again every 2 seconds; off a terminal a line for each change; Ctrl-C ends'],
      ['--json', 'as --output json'],
      ['--mermaid', 'as --output mermaid'],
      ['--html FILE', 'as --output html, into a file that is replaced whole'],
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'every server is Normal and is as it was deployed; with --watch: when it ended'],
      ['1', 'one is not, or there is no cluster'],
    ],
    examples: [
      ['./ecp status', 'a table'],
      ['./ecp status --watch', 'a table that keeps up'],
      ['./ecp status --html /tmp/ecp.html', 'a page to open in a browser, or to keep'],
      ['./ecp status --cluster demo', 'a cluster that another stack deployed'],
      ['./ecp status --json | jq -r \'.servers[] | select(.state != "Normal").name\'', 'names of servers to look at'],
    ],
  },
  verify: {
    usage: 'verify [--full]',
    summary: 'write ^demo.ecp through the application servers and read it on every server',
    about: `Two application servers write values that nobody wrote before; every server reads them, the data server from its own
database. So is a node of every other global that a config file maps, which is removed again. With --full also hostile
clients, a restart of every server, a kill and a replacement of the data server, and a renewal of all certificates; with
InterSystems IRIS its report judges each statement of docs/iris.md.`,
    options: [
      ['--full', 'all that can be tried from outside; restarts every server'],
      ['--report FILE', 'where --full writes its report (ecp-verify-report.md)'],
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'all servers agree; with --full: no check failed and no statement was refuted'],
      ['1', 'a server could not write or read, or read something else'],
    ],
    examples: [
      ['./ecp verify', 'the exercise, shown as it goes'],
      ['./ecp verify --full --report report.md', 'before you hand a cluster over'],
    ],
  },
  exec: {
    usage: 'exec SERVER COMMAND …',
    summary: 'run ecp-node in a server: get, set, kill, zwrite, sync, status, session',
    about: `Passes on to ecp-node in the server's container, with this terminal's input and output. A value is read from standard
input. Commands end after 10 s when the data server does not answer; a session has no deadline (Ctrl-C or halt ends it).
Everything behind SERVER belongs to ecp-node. docs/container-contract.md has its commands, plain Docker reaches it too:
docker exec -it ecp-app-server-1 ecp-node session`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'done'],
      ['1', 'undefined, or failed'],
      ['2', 'input, an option or a setting that was refused'],
      ['3', 'the data server does not answer, or this server does not serve'],
    ],
    examples: [
      ["echo hello | ./ecp exec app-server-1 set '^demo.ecp(3)'", 'write through an application server'],
      ["./ecp exec data-server zwrite '^demo.ecp'", "read the data server's own database"],
      ['./ecp exec app-server-1 session', 'a session: set, write, kill, zwrite, sync, halt'],
    ],
  },
  rotate: {
    usage: 'rotate [SERVER … | --ca] [--yes]',
    summary: 'new keys and certificates while the cluster works; --ca a new authority too',
    about: `Gives the named servers, or all, a new key and certificate. No server is replaced or restarted: each takes its new files for
new connections, and the command ends when all use them. With --ca in three steps that overlap: trust the old and the
new authority, sign with the new one, trust the new one alone. Interrupted, run it again: it goes on where it was.
docs/rotation.md has the steps for plain cdktf.`,
    options: [['--ca', 'a new authority, and new keys for all servers'], YES],
    exitCodes: [
      ['0', 'every server is Normal and uses its new files'],
      ['1', 'a deploy failed, or a server does not use its files; the same command goes on'],
    ],
    examples: [
      ['./ecp rotate', 'all servers'],
      ['./ecp rotate app-server-1', 'one server, for example when its key has leaked'],
      ['./ecp rotate --ca', 'the authority, for example when the state has leaked'],
    ],
  },
  down: {
    usage: 'down [--volumes] [--yes]',
    summary: 'remove the cluster and keep its data; --volumes removes the data too, after asking',
    about: `Removes containers, network and the volumes with keys. The data stays in the volume <cluster>-data, and the next ./ecp up
finds it.`,
    options: [['--volumes', 'remove the data too; asks for its name on a terminal'], YES],
    exitCodes: [
      ['0', 'removed'],
      ['1', 'something could not be removed, or the question was answered otherwise'],
    ],
    examples: [
      ['./ecp down', 'the data stays'],
      ['./ecp down --volumes --yes', 'nothing stays'],
    ],
  },
  setup: {
    usage: 'setup [--yes]',
    summary: 'bring this machine up for plain cdktf deploy',
    about: `Does what ./ecp up does for the machine (Docker, providers, a base image) and touches no cluster.`,
    options: [YES],
    exitCodes: [
      ['0', 'this machine is ready'],
      ['1', 'something is missing, and the sentence says how to get it'],
    ],
    examples: [['./ecp setup --yes && npx cdktf deploy', 'plain cdktf on a bare machine']],
  },
  test: {
    usage: 'test [--all] [--repeat N] [NAME …]',
    summary: 'lint, types, unit tests and live tests; --all adds the long live suites',
    about: `Runs the project's own tests, live ones in clusters of their own; the last line is the count.`,
    options: [
      ['--all', 'the long live suites too'],
      ['--repeat N', 'repeat each fault N times, where a suite does so only a few times otherwise'],
    ],
    exitCodes: [
      ['0', 'no test failed'],
      ['1', 'one did'],
    ],
    examples: [
      ['./ecp test', 'all but the long suites'],
      ['./ecp test unit recovery', 'suites by name'],
      ['./ecp test recovery --repeat 20', 'as often as docs/reliability.md was measured'],
    ],
  },
};
