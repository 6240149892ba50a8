import {
  caNumbersIn,
  keepCaNumbers,
  readCaNumbers,
  settleCaNumbers,
  type CaNumbers,
} from '../../app/authority-numbers';
import { NODES_MISSING } from '../cluster-report';
import { askNodes } from '../access/left-out';
import { silentInWords } from '../access/silent-nodes';
import { UserError, bold, green } from '../terminal';
import { describeStep, isSteady, nextStep, stepNumber } from './ca-steps';
import { awaitServers, deployFiles, serversOf, type Deployed, type Rotation } from './rotation';

/**
 * Takes the cluster to a new certificate authority and all servers to new keys, in three deploys after each of which every server uses
 * its files. The numbers are kept before each deploy, so that whatever ends this process, the next run, `./ecp up` and plain cdktf
 * go on with the same step. A deploy that is refused before it begins leaves the numbers as they were.
 *
 * @returns the exit code: 0, 1 when a deploy failed, 4 when it is postponed since a node does not answer, 130 when it was interrupted
 */
export async function rotateCa(rotation: Rotation): Promise<number> {
  const { settings, stateFile } = rotation.stack;
  requireNoSettings(settings);
  const { silent, servers } = rotation.leftOut;
  if (servers.length > 0) {
    console.error(
      `${silentInWords(silent)}, and a new authority would cut ${servers.join(', ')} off: the whole change is postponed, and nothing was changed. Run ./ecp rotate --ca when it answers; ./ecp rotate renews the others now.`,
    );
    return NODES_MISSING;
  }
  const start = readCaNumbers(stateFile);
  let numbers: CaNumbers = start;
  if (start.unfinished) {
    console.log(`An earlier change of authority was interrupted; it goes on: ${describeStep(start)}.`);
    const code = await carryOut(rotation, start);
    if (code !== 0 || isSteady(start)) return code || done(start);
  } else {
    await awaitServers(rotation, 'Check that every server uses its files');
  }
  do {
    numbers = nextStep(numbers);
    // A step takes minutes, in which a node may be lost.
    const leftOut = await askNodes(settings.cluster);
    if (leftOut.servers.length > 0) {
      console.error(
        `${silentInWords(leftOut.silent)}, and the next step would cut ${leftOut.servers.join(', ')} off: it is not begun. Run ./ecp rotate --ca when it answers, and it goes on with this step.`,
      );
      return NODES_MISSING;
    }
    const code = await carryOut({ ...rotation, leftOut }, numbers);
    if (code !== 0) return code;
  } while (!isSteady(numbers));
  return done(numbers);
}

async function carryOut(rotation: Rotation, numbers: CaNumbers): Promise<number> {
  const { stateFile } = rotation.stack;
  const { signingCa, trustedCas } = numbers;
  const before = readCaNumbers(stateFile);
  const number = stepNumber(numbers);
  console.log(bold(`\nStep ${number} of 3: ${describeStep(numbers)}`));
  keepCaNumbers(stateFile, { signingCa, trustedCas, unfinished: true });
  // Whoever had the state that the old authority is in has the servers' keys too: all are new with the new authority.
  const newKeysFor = number === 2 ? serversOf(rotation) : [];
  let begun = false;
  let deployed: Deployed | undefined;
  try {
    deployed = await deployFiles(rotation, 'Deploy keys, certificates and files', newKeysFor, () => (begun = true));
  } finally {
    if (deployed?.code === 0) {
      settleCaNumbers(stateFile, numbers);
    } else if (begun || before.unfinished) {
      console.error('The numbers of this step are kept: run ./ecp rotate --ca again, and it goes on with this step.');
    } else {
      keepCaNumbers(stateFile, before);
    }
  }
  if (deployed.code === 0 && deployed.signalled && number < 3) {
    console.error('Interrupted: this step has ended. Run ./ecp rotate --ca again, and it goes on with the next one.');
    return 130;
  }
  return deployed.code;
}

function done({ signingCa }: CaNumbers): number {
  console.log(
    green(`\nCA ${signingCa} signs and is trusted alone; every server is Normal and has a certificate from it.`),
  );
  return 0;
}

/** Numbers that are set in code would be deployed again by the next plan, and this command cannot change them there. */
function requireNoSettings(settings: Rotation['stack']['settings']): void {
  const now = caNumbersIn(settings);
  if (!now) return;
  const steps: CaNumbers[] = [];
  for (let numbers = nextStep(now); ; numbers = nextStep(numbers)) {
    steps.push(numbers);
    if (isSteady(numbers)) break;
  }
  const list = steps.map(each => `'signingCa' ${each.signingCa} with 'trustedCas' ${each.trustedCas.join(',')}`);
  throw new UserError(
    `'signingCa' and 'trustedCas' are set (${now.signingCa} and ${now.trustedCas.join(',')}), so ./ecp rotate --ca cannot count them; set, and deploy with ./ecp up after each: ${list.join('; then ')}`,
    2,
  );
}
