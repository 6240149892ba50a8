/**
 * What to say when Terraform is told to keep a log of what its providers are sent: it contains private keys at the levels TRACE and DEBUG
 * (measured), and Terraform makes the file readable for everybody as the umask allows.
 *
 * @returns undefined when there is nothing to say.
 */
export function logWarning(environment: NodeJS.ProcessEnv): string | undefined {
  const set = Object.keys(environment)
    .filter(name => /^TF_LOG($|_(?!PATH))/.test(name))
    .filter(name => !/^(off|info|warn|error)?$/i.test(environment[name]!))
    .sort();
  if (set.length === 0) return undefined;
  const where = environment.TF_LOG_PATH ? ` (${environment.TF_LOG_PATH})` : '';
  return `${set.map(name => `${name}=${environment[name]}`).join(' ')}: Terraform's log${where} gets private keys in clear text; keep it as you keep the state, and remove it afterwards`;
}
