import { readFacts, type Limit, type MachineFacts } from './machine-facts';

/** What the set-up found out about the daemon at this address. A plan leaves these limits alone, and they are no drift. */
export function unlimitedAt(host: string, facts: MachineFacts = readFacts()): Limit[] {
  const { said = [], seen = [] } = facts.unlimited?.[host] ?? {};
  return [...new Set([...said, ...seen])];
}
