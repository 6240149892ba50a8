import { Testing } from 'cdktf';
import { TeamStateStack } from '../examples/team-state/main';

const make = (stateDatabase: string): TeamStateStack =>
  new TeamStateStack(Testing.app(), 'team-state', { stateDatabase });

test.each([
  [
    '',
    "'stateDatabase' must be a URL such as postgres://ecp@db.example.org/terraform, got ''; set TEAM_STATE_DATABASE",
  ],
  [
    'https://db.example.org',
    "'stateDatabase' must be a URL such as postgres://ecp@db.example.org/terraform, got 'https:'",
  ],
  [
    'postgres://ecp:secret@db.example.org/terraform',
    "'stateDatabase' must hold no password, got one for 'db.example.org'; put it into PGPASSWORD or ~/.pgpass",
  ],
  ['postgres://ecp@db/terraform?password=secret', "'stateDatabase' must hold no password, got one for 'db'"],
])('%p is refused, and no password is shown', (stateDatabase, sentence) => {
  expect(() => make(stateDatabase)).toThrow(sentence);
  expect(() => make(stateDatabase)).not.toThrow('secret');
});

test('the team state goes to the database and schema that the stack names', () => {
  const { terraform } = make('postgres://ecp@db.example.org/terraform').toTerraform() as {
    terraform: { backend: unknown };
  };
  expect(terraform.backend).toEqual({
    pg: { conn_str: 'postgres://ecp@db.example.org/terraform', schema_name: 'ecp' },
  });
});
