import { keepCaNumbers, readCaNumbers, settleCaNumbers, type CaNumbers } from './ca-numbers';
import { describeStep, isSteady, nextStep } from './ca-steps';
import { awaitServers, deployFiles, serversOf, type Rotation } from './rotation';
import { UserError, bold, green } from '../terminal';

/**
 * Takes the cluster to a new certificate authority and all servers to new keys, in three deploys after each of which every server uses
 * its files. The numbers are kept before each deploy, so that whatever ends this process, the next run, `./ecp up` and plain cdktf
 * go on with the same step.
 */
export async function rotateCa(rotation: Rotation): Promise<number> {
  const { settings, stateFile } = rotation.stack;
  requireNoSettings(settings);
  const start = readCaNumbers(stateFile);
  let numbers: CaNumbers = start;
  if (start.unfinished) {
    console.log(`An earlier change of authority was interrupted; it goes on: ${describeStep(start)}.`);
    const code = await carryOut(rotation, start);
    if (code !== 0 || isSteady(start)) return code || done(start);
  } else {
    await awaitServers(rotation, 'Look whether every server uses its files');
  }
  do {
    numbers = nextStep(numbers);
    const code = await carryOut(rotation, numbers);
    if (code !== 0) return code;
  } while (!isSteady(numbers));
  return done(numbers);
}

async function carryOut(rotation: Rotation, numbers: CaNumbers): Promise<number> {
  const { stateFile } = rotation.stack;
  const { signingCa, trustedCas } = numbers;
  const number = stepNumber(numbers);
  console.log(bold(`\nStep ${number} of 3: ${describeStep(numbers)}`));
  keepCaNumbers(stateFile, { signingCa, trustedCas, unfinished: true });
  // Whoever had the state that the old authority is in has the servers' keys too: all are new with the new authority.
  const newKeysFor = number === 2 ? serversOf(rotation) : [];
  const code = await deployFiles(rotation, 'Deploy keys, certificates and files', newKeysFor);
  if (code === 0) settleCaNumbers(stateFile, numbers);
  else console.error('The numbers of this step are kept: run ./ecp rotate --ca again, and it goes on with this step.');
  return code;
}

function stepNumber(numbers: CaNumbers): number {
  if (isSteady(numbers)) return 3;
  return numbers.signingCa === Math.max(...numbers.trustedCas) ? 2 : 1;
}

function done({ signingCa }: CaNumbers): number {
  console.log(
    green(`\nCA ${signingCa} signs and is trusted alone; every server is Normal and has a certificate from it.`),
  );
  return 0;
}

/** Numbers that stand in code would be deployed again by the next plan, and this command cannot change them there. */
function requireNoSettings({ signingCa, trustedCas }: Rotation['stack']['settings']): void {
  if (signingCa === undefined && trustedCas === undefined) return;
  const now = { signingCa: signingCa ?? 1, trustedCas: trustedCas ?? [signingCa ?? 1] };
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
