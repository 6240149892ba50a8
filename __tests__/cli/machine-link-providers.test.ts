import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { linkProviders } from '../../app/link-providers';
import { removeFolders, temporaryFolder } from './machine-fakes';

const OUR_LOCK = 'provider "registry.terraform.io/hashicorp/tls" {\n  hashes = [\n    "h1:ours=",\n  ]\n}\n';

let stack: string;
let providers: string;
let link: string;
let lock: string;

beforeEach(() => {
  const folder = temporaryFolder();
  stack = join(folder, 'cdktf.out/stacks/ecp');
  providers = join(folder, '.providers');
  link = join(stack, 'terraform.d/plugins');
  lock = join(stack, '.terraform.lock.hcl');
  mkdirSync(stack, { recursive: true });
  mkdirSync(providers);
  writeFileSync(join(providers, 'terraform.lock.hcl'), OUR_LOCK);
});

afterEach(removeFolders);

test('a stack finds the built providers and their lock file', () => {
  linkProviders(stack, providers);
  expect(realpathSync(link)).toBe(realpathSync(providers));
  expect(readFileSync(lock, 'utf8')).toBe(OUR_LOCK);
});

test('the link is relative, so that the project can be moved', () => {
  linkProviders(stack, providers);
  expect(readlinkSync(link)).toBe('../../../../.providers');
});

test('doing it again changes nothing', () => {
  linkProviders(stack, providers);
  const before = [lstatSync(link).ino, statSync(lock).ino];
  linkProviders(stack, providers);
  expect([lstatSync(link).ino, statSync(lock).ino]).toEqual(before);
});

test('a lock file that holds our packages and more stays as it is', () => {
  const wider = `${OUR_LOCK}provider "registry.terraform.io/hashicorp/random" {}\n`;
  writeFileSync(lock, wider);
  linkProviders(stack, providers);
  expect(readFileSync(lock, 'utf8')).toBe(wider);
});

test('a lock file for other packages of the same providers is replaced', () => {
  writeFileSync(lock, OUR_LOCK.replace('ours', 'other'));
  linkProviders(stack, providers);
  expect(readFileSync(lock, 'utf8')).toBe(OUR_LOCK);
});

test('a link to another folder is replaced, a folder of the user is not', () => {
  mkdirSync(dirname(link));
  symlinkSync('/nowhere', link);
  linkProviders(stack, providers);
  expect(realpathSync(link)).toBe(realpathSync(providers));
  rmSync(link);
  mkdirSync(link);
  linkProviders(stack, providers);
  expect(lstatSync(link).isDirectory()).toBe(true);
});

test('without built providers nothing is touched', () => {
  rmSync(providers, { recursive: true });
  writeFileSync(lock, 'from the registry');
  linkProviders(stack, providers);
  expect(existsSync(dirname(link))).toBe(false);
  expect(readFileSync(lock, 'utf8')).toBe('from the registry');
});

test('when the built providers are removed, their link and lock file go too', () => {
  linkProviders(stack, providers);
  rmSync(providers, { recursive: true });
  linkProviders(stack, providers);
  expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
  expect(existsSync(lock)).toBe(false);
});
