import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/test-cluster';
import { appServer, strictConfigFile, withAppServer, withEdit } from './cluster-spec';
import { change, furtherChange, live } from './context';
import type { Outcome } from './live-cluster';
import { addresses } from './plan';

/** The image that the suite makes beside that of the package. */
export const OTHER_IMAGE = 'ecp-rehearsal:changes';

/** Name of the change that renews a server's certificate. */
export const RENEWALS = {
  'data-server': 'renewal of the data server’s certificate',
  'app-server-1': 'renewal of the certificate of app-server-1',
};

const AUTHORITIES = {
  'the authority, step 1: trust authority 2 as well': { signingCa: 1, trustedCas: [1, 2] },
  'the authority, step 2: authority 2 signs': { signingCa: 2, trustedCas: [1, 2] },
  'the authority, step 3: trust authority 2 alone': { signingCa: 2, trustedCas: [2] },
};

/** Names of the changes that lead from one authority to another. */
export const ROTATION = Object.keys(AUTHORITIES);

/** One change after the other on the same cluster, each a row of the table. */
export const changes = (): void =>
  describe('changes', () => {
    scaling();
    configuration();
    engine();
    certificates();
    retention();
    surroundings();
  });

function scaling(): void {
  change('add the application server app-server-3', spec => withAppServer(spec, 'app-server-3', {}));

  change('remove the middle one, app-server-2', spec => ({
    ...spec,
    appServers: Object.fromEntries(Object.entries(spec.appServers).filter(([name]) => name !== 'app-server-2')),
  }));
}

function configuration(): void {
  change('the data server’s config file', spec => ({
    ...spec,
    dataServer: { ...spec.dataServer, configFile: strictConfigFile(live.cluster, 'data-server') },
  }));

  change('the config file of app-server-1', spec =>
    withAppServer(spec, 'app-server-1', { configFile: strictConfigFile(live.cluster, 'app-server') }),
  );

  // Set for all, as the setting does it.
  change('a config variable that only application servers use (`DATASERVER_NAME`)', spec => {
    const configVariables = { DATASERVER_NAME: 'database' };
    const appServers = Object.entries(spec.appServers).map(([name, options]) => [
      name,
      { ...options, configVariables },
    ]);
    return {
      ...spec,
      dataServer: { ...spec.dataServer, configVariables },
      appServers: Object.fromEntries(appServers),
    };
  });
}

function engine(): void {
  furtherChange('the memory of the data server', spec => ({
    ...spec,
    dataServer: { ...spec.dataServer, memoryMiB: 320 },
  }));

  furtherChange('the web port of app-server-1', spec =>
    withAppServer(spec, 'app-server-1', { webPort: live.cluster.appServerWebPortBase + 90 }),
  );

  change('the image', spec =>
    withEdit(spec, ({ image: { image } }) => {
      const context = join(live.cluster.folder, 'image');
      mkdirSync(context, { recursive: true });
      writeFileSync(join(context, 'Dockerfile'), `FROM ${image.nameInput}\nLABEL ecp.test="changes"\n`);
      image.addOverride('name', OTHER_IMAGE);
      image.addOverride('build.context', context);
    }),
  );
}

function certificates(): void {
  for (const [server, name] of Object.entries(RENEWALS)) {
    const shown = async (): Promise<string> => (await live.status(server)).certificate.notAfter;
    let before: string;
    change(
      name,
      spec => spec,
      async () => {
        await eventually('the new certificate in use', 60, async () => (await shown()) > before || undefined);
      },
      async () => {
        before = await shown();
        // What a plan does by itself in the last third of the certificate's life.
        const address = addresses(live.cluster).find(each => each.startsWith(`tls_locally_signed_cert.pki_${server}_`));
        return [`-replace=${address}`];
      },
    );
  }

  for (const [name, pki] of Object.entries(AUTHORITIES)) furtherChange(name, spec => ({ ...spec, pki }));
}

function retention(): void {
  let since: string;
  const isSame = async ({ before, after }: Outcome): Promise<void> => {
    expect(after).toEqual(before);
    expect(await live.dataSince()).toBe(since);
  };

  change(
    '`dataRetention` from `retain` to `destroy`',
    spec => ({ ...spec, dataServer: { ...spec.dataServer, dataRetention: 'destroy' } }),
    isSame,
    async () => {
      since = await live.dataSince();
      return [];
    },
  );

  change(
    '`dataRetention` from `destroy` to `retain`, the volume forgotten first',
    spec => ({ ...spec, dataServer: { ...spec.dataServer, dataRetention: 'retain' } }),
    isSame,
    async () => {
      // As ./ecp does it before each plan and each destroy.
      expect(await live.forgetData()).toBe(true);
      return [];
    },
  );
}

function surroundings(): void {
  furtherChange('a label on app-server-3', spec =>
    withEdit(spec, parts => {
      const { container } = appServer(parts, 'app-server-3');
      container.putLabels([...(container.labelsInput as []), { label: 'org.example.owner', value: 'reports' }]);
    }),
  );

  furtherChange('the health check of app-server-3', spec =>
    withEdit(spec, parts => appServer(parts, 'app-server-3').container.addOverride('healthcheck.retries', 3)),
  );

  change('the subnet', spec => ({ ...spec, subnet: '10.213.20.0/24' }));
}
