import fs from 'node:fs';
import path from 'node:path';
import { linkProviders } from '../../app/link-providers';
import { removeFolders, temporaryFolder } from './machine-fakes';

const OUR_LOCK = 'provider "registry.terraform.io/hashicorp/tls" {\n  hashes = [\n    "h1:ours=",\n  ]\n}\n';

let stack: string;
let providers: string;
let link: string;
let lock: string;

beforeEach(() => {
  const folder = temporaryFolder();
  stack = path.join(folder, 'cdktf.out/stacks/ecp');
  providers = path.join(folder, '.providers');
  link = path.join(stack, 'terraform.d/plugins');
  lock = path.join(stack, '.terraform.lock.hcl');
  fs.mkdirSync(stack, { recursive: true });
  fs.mkdirSync(providers);
  fs.writeFileSync(path.join(providers, 'terraform.lock.hcl'), OUR_LOCK);
});

afterEach(removeFolders);

test('a stack finds the built providers and their lock file', () => {
  linkProviders(stack, providers);
  expect(fs.realpathSync(link)).toBe(fs.realpathSync(providers));
  expect(fs.readFileSync(lock, 'utf8')).toBe(OUR_LOCK);
});

test('the link is relative, so that the project can be moved', () => {
  linkProviders(stack, providers);
  expect(fs.readlinkSync(link)).toBe('../../../../.providers');
});

test('doing it again changes nothing', () => {
  linkProviders(stack, providers);
  const before = [fs.lstatSync(link).ino, fs.statSync(lock).ino];
  linkProviders(stack, providers);
  expect([fs.lstatSync(link).ino, fs.statSync(lock).ino]).toEqual(before);
});

test('a lock file that holds our packages and more stays as it is', () => {
  const wider = `${OUR_LOCK}provider "registry.terraform.io/hashicorp/random" {}\n`;
  fs.writeFileSync(lock, wider);
  linkProviders(stack, providers);
  expect(fs.readFileSync(lock, 'utf8')).toBe(wider);
});

test('a lock file for other packages of the same providers is replaced', () => {
  fs.writeFileSync(lock, OUR_LOCK.replace('ours', 'other'));
  linkProviders(stack, providers);
  expect(fs.readFileSync(lock, 'utf8')).toBe(OUR_LOCK);
});

test('a link to another folder is replaced, a folder of the user is not', () => {
  fs.mkdirSync(path.dirname(link));
  fs.symlinkSync('/nowhere', link);
  linkProviders(stack, providers);
  expect(fs.realpathSync(link)).toBe(fs.realpathSync(providers));
  fs.rmSync(link);
  fs.mkdirSync(link);
  linkProviders(stack, providers);
  expect(fs.lstatSync(link).isDirectory()).toBe(true);
});

test('without built providers nothing is touched', () => {
  fs.rmSync(providers, { recursive: true });
  fs.writeFileSync(lock, 'from the registry');
  linkProviders(stack, providers);
  expect(fs.existsSync(path.dirname(link))).toBe(false);
  expect(fs.readFileSync(lock, 'utf8')).toBe('from the registry');
});

test('when the built providers are removed, their link and lock file go too', () => {
  linkProviders(stack, providers);
  fs.rmSync(providers, { recursive: true });
  linkProviders(stack, providers);
  expect(fs.lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
  expect(fs.existsSync(lock)).toBe(false);
});
