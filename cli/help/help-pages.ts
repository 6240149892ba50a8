import type { HelpPage } from './help';

const CLUSTER = [
  '--cluster NAME',
  'a cluster that another stack deployed on this Docker host; default: the one in the settings',
] as const;
const OF_SETTINGS = ['--cluster NAME', 'another name than the settings have, as by ECP_CLUSTER'] as const;
const YES = ['-y, --yes', 'do not ask; so does CI=true'] as const;

/** One page per command, in the order of the overview. A test checks that each option is on its page. */
export const HELP_PAGES: Readonly<Record<string, HelpPage>> = {
  up: {
    usage: 'up [--yes] [--check] [--at-once] [--no-backup] [--machines N] [--adopt] [--allow-destroy] [--cluster NAME]',
    summary: 'prepare this machine and deploy the cluster; ends when every server is Normal',
    about: `Prepares this machine (Docker, providers, a base image; asks first), makes the cluster match the settings, and waits
until every server is Normal. Run it again at any time: it changes only what differs. A change that replaces several
servers goes through them one at a time. It stops early when a server cannot become Normal, with the server's reason,
its last log lines and what to do.`,
    options: [
      ['--check', 'only report what is missing or in the way'],
      ['--at-once', 'replace all servers of a change together: shorter in all, and all are interrupted'],
      ['--no-backup', 'replace the image of a data server without a backup of the last 24 h'],
      ['--machines N', 'make N Docker engines on this host, and run the cluster on a swarm of them'],
      ['--adopt', 'take a cluster over that another folder deployed; without it a question, and in a job a refusal'],
      [
        '--allow-destroy',
        'destroy what the settings do not have any more; without it a question, and in a job a refusal',
      ],
      OF_SETTINGS,
      YES,
    ],
    exitCodes: [
      ['0', 'every server is Normal; with --check: nothing would stop an up'],
      ['4', 'a node is down, and the servers on the others are Normal'],
      ['1', 'the machine, the deploy or a server failed; the output says which'],
    ],
    examples: [
      ['./ecp up', 'the cluster of the settings: a data server and two application servers'],
      ['ECP_APP_SERVERS=3 ./ecp up', 'one more application server, until the next ./ecp up; ./ecp scale 3 lasts'],
      ['./ecp up --check', 'what is missing on this machine'],
      ['ECP_CLUSTER=wide ./ecp up --machines 3', 'a rehearsal of several machines: drain them, kill them'],
      ['./ecp up --yes >up.log 2>&1', 'in a job: no questions, no colours, one line per resource'],
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
      ['--watch', 'look again every 2 seconds; off a terminal, and with --json, a line for each change; Ctrl-C ends'],
      ['--json', 'as --output json'],
      ['--mermaid', 'as --output mermaid'],
      ['--html FILE', 'as --output html, into a file that is replaced whole'],
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'every server is Normal and as deployed; with --watch: at the end'],
      ['4', 'a node is down, and the servers on the others are Normal'],
      ['5', 'the cluster is paused'],
      ['1', 'a server is not, or there is no cluster'],
    ],
    examples: [
      ['./ecp status', 'a table'],
      ['./ecp status --watch', 'a table that updates itself'],
      ['./ecp status --watch --json', 'a line of JSON at the start and after each change'],
      ['./ecp status --html /tmp/ecp.html', 'a page to open in a browser, or to archive'],
      ['./ecp status --cluster demo', 'a cluster that another stack deployed'],
      ['./ecp status --json | jq -r \'.servers[] | select(.state != "Normal").name\'', 'names of servers to look at'],
    ],
  },
  ls: {
    usage: 'ls [--json]',
    summary: 'all clusters of the Docker host',
    about: `One line for each cluster that has a server or data on the Docker host: its engine, how many of its servers are healthy
there, its volume with data, and which state deployed it. Clusters of --machines and of other hosts are not listed.`,
    options: [['--json', 'for programs']],
    exitCodes: [
      ['0', 'listed'],
      ['1', 'the Docker daemon cannot be asked'],
    ],
    examples: [
      ['./ecp ls', 'which clusters there are'],
      ["./ecp ls --json | jq -r '.[].name'", 'their names'],
    ],
  },
  verify: {
    usage: 'verify [--full] [--yes]',
    summary: 'write below ^demo.ecp through the application servers and read it on every server',
    about: `Two application servers write values into nodes of their own, every server reads them, the data server from its own
database, and they are removed. The same
is done with every other global that a config file maps. --full adds hostile clients, a restart of every server, a kill
and a replacement of the data server, and a renewal of all certificates; with InterSystems IRIS, its report confirms or
refutes each statement of docs/iris.md.`,
    options: [
      ['--full', 'everything that can be tried from outside; restarts every server, after asking'],
      ['--report FILE', 'where --full writes its report (ecp-verify-report.md)'],
      YES,
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'all servers agree; with --full: no check failed and no statement was refuted'],
      ['4', 'a node is down, and the servers on the others agree'],
      ['1', 'a server could not write or read, or read a wrong value'],
    ],
    examples: [
      ['./ecp verify', 'the exercise, step by step'],
      ['./ecp verify --full --report report.md', 'before you hand a cluster over'],
    ],
  },
  exec: {
    usage: 'exec SERVER COMMAND …',
    summary: 'run ecp-node in a server: get, set, kill, zwrite, sync, status, session',
    about: `Runs ecp-node in the server's container, with this terminal's input and output. A value is read from standard
input. Commands time out after 10 s when the data server does not answer; a session has no deadline (Ctrl-C or halt ends it).
Everything after SERVER is passed to ecp-node (docs/container-contract.md). Plain Docker works too:
docker exec -it ecp-app-server-1 ecp-node session`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'done'],
      ['1', 'undefined value, or failure'],
      ['2', 'invalid input, option or setting'],
      ['3', 'the data server does not answer, or this server does not serve'],
    ],
    examples: [
      ["echo hello | ./ecp exec app-server-1 set '^demo.ecp(3)'", 'write through an application server'],
      ["./ecp exec data-server zwrite '^demo.ecp'", "read the data server's own database"],
      ['./ecp exec app-server-1 session', 'a session: set, write, kill, zwrite, sync, halt'],
    ],
  },
  logs: {
    usage: 'logs [SERVER …] [--follow]',
    summary: 'what the servers wrote, in one stream and in the order of time',
    about: `Reads the logs of the named servers, or of all, wherever they run, and puts the server's name before each line. --follow
goes on with what they write, also after a restart or on another node. On a swarm, earlier tasks of a server count too.`,
    options: [
      ['-f, --follow', 'go on until Ctrl-C, which ends it with code 0'],
      ['--since TIME', 'what is newer than 2026-11-29T08:00Z, or than 90s, 1h30m, 2d ago'],
      ['--tail N', 'only the last N lines of each server'],
      ['-t, --timestamps', 'with the time, in UTC'],
      ['--json', 'a JSON object for each line: server, node, time, text'],
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'all logs were read'],
      ['4', 'a node is down; the logs of the others were read'],
      ['1', 'there is no cluster, or Docker does not give a log'],
    ],
    examples: [
      ['./ecp logs -f --tail 20', 'the last lines of each server, and what follows'],
      ['./ecp logs app-server-1 --since 1h', 'one server'],
      ['./ecp logs --json | jq -r .text', 'for programs'],
    ],
  },
  restart: {
    usage: 'restart SERVER …',
    summary: 'stop and start servers where they are, one after the other',
    about: `Stops each of the named servers, starts it again, and waits until it is Normal, and with it the servers that were. The first
that does not become Normal is explained, and the rest is left alone. Containers stay, so a plan has nothing to change; on a
swarm the server's task ends and the swarm starts another.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'each of them has restarted and is Normal'],
      ['1', 'one is not; those behind it were not restarted'],
    ],
    examples: [
      ['./ecp restart app-server-1', 'one server'],
      ['./ecp restart app-server-1 app-server-2 data-server', 'several, in this order'],
    ],
  },
  scale: {
    usage: 'scale N [--yes]',
    summary: 'change the number of application servers, for good',
    about: `Shows which application servers would be added and destroyed, asks, writes 'appServers' into cdktf.json, and does what
./ecp up does: app-server-1 to app-server-N are the application servers then. Where ECP_APP_SERVERS is set it would override
the file, so it is refused; so is another cluster than the file's. What else would be destroyed is asked about, --yes or not.`,
    options: [OF_SETTINGS, YES],
    exitCodes: [
      ['0', 'every server is Normal'],
      ['4', 'a node is down, and the servers on the others are Normal'],
      ['1', 'the answer was no, or the deploy or a server failed; ./ecp up goes on'],
    ],
    examples: [
      ['./ecp scale 5', 'app-server-1 to app-server-5'],
      ['./ecp scale 1 --yes', 'in a job: do not ask before servers are destroyed'],
    ],
  },
  pause: {
    usage: 'pause',
    summary: 'stop all servers and keep everything; ./ecp resume starts them',
    about: `Stops the application servers, then the data server. Containers, network, keys and data stay. ./ecp status then ends with
code 5, and ./ecp up resumes first. Not on a swarm, which starts what ends.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'all have stopped as they should, now or before'],
      ['1', 'one did not, or a node is down'],
    ],
    examples: [['./ecp pause', 'for the night']],
  },
  resume: {
    usage: 'resume',
    summary: 'start the servers of a paused cluster; ends when every one is Normal',
    about: `Starts the data server, waits until it is Normal, then starts the application servers. Servers that run are left alone.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'every server is Normal'],
      ['1', 'one is not; the output says why'],
    ],
    examples: [['./ecp resume', 'in the morning']],
  },
  rotate: {
    usage: 'rotate [SERVER … | --ca] [--yes]',
    summary: 'new keys and certificates while the cluster runs; --ca: a new authority too',
    about: `Gives the named servers, or all, a new key and certificate. No server is replaced or restarted: each uses its new files
for new connections, and the command ends when all do. --ca works in three overlapping steps: trust the old and the new
authority, sign with the new one, trust only the new one. If it is interrupted, run it again to continue.
Steps for plain cdktf: docs/rotation.md.`,
    options: [['--ca', 'a new authority, and new keys for all servers'], OF_SETTINGS, YES],
    exitCodes: [
      ['0', 'every server is Normal and uses its new files'],
      ['4', 'a node is down: the servers on the others do; with --ca: postponed, nothing was changed'],
      ['1', 'a deploy failed, or a server does not use its files; run the same command to continue'],
    ],
    examples: [
      ['./ecp rotate', 'all servers'],
      ['./ecp rotate app-server-1', 'one server, for example when its key has leaked'],
      ['./ecp rotate --ca', 'the authority, for example when the state has leaked'],
    ],
  },
  drain: {
    usage: 'drain SERVER | NODE',
    summary: 'take a server out of the entry point; on a swarm, let servers leave a node',
    about: `The entry point sends the server nothing more; what it is answering has time to end (drainTimeoutSec, 10 s). The server
itself goes on (docs/entry-point.md). On a swarm application servers leave the node for others; the data server waits.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'the server gets no request and has none, or the node takes no more servers'],
      ['1', 'requests or sessions are still on the server, or nobody answers'],
    ],
    examples: [
      ['./ecp drain app-server-2', 'then work on it, then: ./ecp activate app-server-2'],
      ['./ecp drain machine-3', 'then: ./ecp status --watch'],
    ],
  },
  activate: {
    usage: 'activate SERVER | NODE',
    summary: 'let a drained server serve again, or servers run on a drained node',
    about: `The entry point sends the server requests again once it is Normal. Servers that left a node stay elsewhere until
something moves them.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'the server serves, or the node takes servers'],
      ['1', 'the server is not Normal yet, or nobody answers'],
    ],
    examples: [
      ['./ecp activate app-server-2', 'after ./ecp drain app-server-2'],
      ['./ecp activate machine-3', 'after its maintenance'],
    ],
  },
  fence: {
    usage: 'fence SERVER',
    summary: 'have the data server refuse an application server',
    about: `Its connections end and no new one is let in, whatever becomes of the data server, of certificates and of ./ecp up.
Container, data and definition stay; its commands fail with exit code 3, and ./ecp status names it as Fenced. Not with iris.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'the server is refused, and knows it if it runs'],
      ['1', 'the data server does not answer, or the server has not noticed'],
    ],
    examples: [['./ecp fence app-server-2', 'for example when its host may be in wrong hands']],
  },
  unfence: {
    usage: 'unfence SERVER',
    summary: 'let a fenced application server in again',
    about: `It comes by itself within a few seconds.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'the server is let in, and Normal if it runs'],
      ['1', 'the data server does not answer, or the server still says that it is fenced'],
    ],
    examples: [['./ecp unfence app-server-2', 'after ./ecp fence app-server-2']],
  },
  'switch-over': {
    usage: 'switch-over [MEMBER]',
    summary: 'make the other data server of a mirror the primary',
    about: `The primary ends its requests, has the last write confirmed by its backup and steps down; the backup takes over.
Application servers follow, and what they send meanwhile waits. Nothing is done unless the backup is active. With MEMBER that
one is the primary afterwards: nothing is done when it is already.`,
    options: [['--json', 'for programs: mirror, from, to and seconds'], CLUSTER],
    exitCodes: [
      ['0', 'the other member, or MEMBER, is the primary and serves'],
      ['1', 'the backup is not active, or did not become the primary; the sentence says which'],
    ],
    examples: [
      ['./ecp switch-over', 'for example before work on the host of the primary'],
      ['./ecp switch-over data-server-a', 'back to that one, unless it is the primary already'],
    ],
  },
  backup: {
    usage: 'backup [--tag NAME | --verify [ID]]',
    summary: 'take a backup now; --verify: restore one into a container of its own and compare',
    about: `Takes a backup beside the scheduled ones, while the cluster goes on. --verify reads every byte of the repository, restores a
backup (the newest by default) into a container without a network, checks the database, and compares each global with what
was noted when the backup was taken (InterSystems IRIS: a mark). The container and its volume are removed (docs/backup.md).`,
    options: [
      ['--tag NAME', 'a name for ./ecp backups to show'],
      ['--verify', 'try a backup out instead of taking one'],
      CLUSTER,
    ],
    exitCodes: [
      ['0', 'the repository has the backup; with --verify: a restore of it is as noted'],
      ['1', 'it failed, and the sentence says why'],
    ],
    examples: [
      ['./ecp backup --tag before-upgrade', 'before something risky'],
      ['./ecp backup --verify', 'the newest, for example each night by cron'],
    ],
  },
  backups: {
    usage: 'backups [--json]',
    summary: 'what the repository has: when, size, what it covers, verified or not',
    about: `Lists the backups of this cluster, the newest last. One that covers any time since another one has all journals between them.`,
    options: [['--json', 'for programs'], CLUSTER],
    exitCodes: [
      ['0', 'listed'],
      ['1', 'the repository cannot be read'],
    ],
    examples: [['./ecp backups', 'a table']],
  },
  restore: {
    usage: 'restore [ID] [--to TIME] [--into CLUSTER] [--yes]',
    summary: 'replace the data with a backup or a point in time, after asking',
    about: `Stops the data server, replaces its data with the backup (the newest by default), and starts it again. The data of
before stays in the data volume until every server is Normal. Application servers come back by themselves. --to applies the
journals up to a second. --into fills the data volume of a cluster that is not there yet, and leaves this one alone.`,
    options: [
      ['--to TIME', 'such as 2026-01-31T12:00:00Z'],
      ['--into CLUSTER', 'a name without a data volume; ECP_CLUSTER=NAME ./ecp up starts it'],
      CLUSTER,
      YES,
    ],
    exitCodes: [
      ['0', 'every server is Normal on the restored data'],
      ['1', 'it failed, or the answer was no; the sentence says what became of the data'],
    ],
    examples: [
      ['./ecp restore', 'the newest backup'],
      ['./ecp restore --to 2026-01-31T12:00:00Z', 'the data of that second'],
      ['./ecp restore --into drill --yes', 'a restore drill beside the cluster'],
    ],
  },
  report: {
    usage: 'report [FILE]',
    summary: 'write one archive for a bug report, without keys and passwords',
    about: `Collects versions, status, settings, a plan, config documents and logs in FILE, or ecp-report-….tar.gz in this folder. Keys,
passwords and what else has a name like that are removed, also where logs or errors repeat them. Nothing is sent.`,
    options: [CLUSTER],
    exitCodes: [
      ['0', 'written; what could not be had is named'],
      ['1', 'the archive could not be made'],
    ],
    examples: [
      ['./ecp report', 'the cluster of the settings'],
      ['./ecp report --cluster demo /tmp/demo.tar.gz', "another stack's cluster: without settings and plan"],
    ],
  },
  down: {
    usage: 'down [--volumes] [--yes] [--adopt]',
    summary: 'remove the cluster and keep its data; --volumes removes the data too, after asking',
    about: `Removes containers, network and the volumes with keys. The data stays in the volume <cluster>-data for the next ./ecp up.`,
    options: [
      ['--volumes', 'remove the data too; asks for its name on a terminal'],
      ['--adopt', 'also a cluster that another folder deployed'],
      OF_SETTINGS,
      YES,
    ],
    exitCodes: [
      ['0', 'removed'],
      ['1', 'something could not be removed, or the answer was no'],
    ],
    examples: [
      ['./ecp down', 'the data stays'],
      ['./ecp down --volumes --yes', 'nothing stays'],
    ],
  },
  setup: {
    usage: 'setup [--yes]',
    summary: 'prepare this machine for plain cdktf deploy',
    about: `Prepares the machine as ./ecp up does (Docker, providers, a base image) and touches no cluster.`,
    options: [YES],
    exitCodes: [
      ['0', 'this machine is ready'],
      ['1', 'something is missing; the output says how to get it'],
    ],
    examples: [['./ecp setup --yes && npx cdktf deploy', 'plain cdktf on a bare machine']],
  },
  version: {
    usage: 'version [--json]',
    summary: 'releases of ecp, Docker, Terraform, providers and engine; also --version, -v',
    about: `Prints what a bug report needs to know. What is missing, or does not answer within 5 s, is left out.`,
    options: [['--json', 'for programs'], CLUSTER],
    exitCodes: [
      ['0', 'printed'],
      ['1', 'standard output cannot be written'],
    ],
    examples: [
      ['./ecp version', 'a line each'],
      ['./ecp version --json | jq -r .docker', 'one of them'],
    ],
  },
  completion: {
    usage: 'completion SHELL',
    summary: 'print a script for bash, zsh or fish that completes commands, options and names',
    about: `The script asks ./ecp what may come next: commands, options, and names of servers, nodes and clusters as they are now.
It also completes ecp on your PATH.`,
    options: [],
    exitCodes: [
      ['0', 'printed'],
      ['1', 'standard output cannot be written'],
    ],
    examples: [
      ['source <(./ecp completion bash)', 'bash, in ~/.bashrc; zsh likewise'],
      ['./ecp completion fish | source', 'fish, in ~/.config/fish/config.fish'],
    ],
  },
  test: {
    usage: 'test [--all] [--repeat N] [--yes] [NAME …]',
    summary: 'lint, types, unit tests and live tests; --all adds the long live suites',
    about: `Runs the project's tests, live ones in their own clusters. The last line has the count. On two cores it
takes 6 minutes, with --all an hour.`,
    options: [
      ['--all', 'the long live suites too'],
      ['--repeat N', 'repeat each fault N times instead of a few times'],
      ['-y, --yes', 'install what only tests need, such as shellcheck, without asking'],
    ],
    exitCodes: [
      ['0', 'no test failed'],
      ['1', 'a test failed'],
    ],
    examples: [
      ['./ecp test', 'all but the long suites'],
      ['./ecp test unit recovery', 'suites by name'],
      ['./ecp test recovery --repeat 20', 'as often as for docs/reliability.md'],
    ],
  },
};
