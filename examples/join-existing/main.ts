import { App } from 'cdktf';
import { ExistingStack } from './existing-stack';
import { JoiningStack } from './joining-stack';

if (require.main === module) {
  const app = new App();
  const baseImage = process.env.ECP_REHEARSAL_BASE_IMAGE;
  new ExistingStack(app, 'existing', { baseImage });
  // Its certificate comes out of the first stack: README.md.
  const { CERTIFICATES: certificateFolder } = process.env;
  if (certificateFolder !== undefined) new JoiningStack(app, 'joining', { certificateFolder, baseImage });
  app.synth();
}

export { ExistingStack, JoiningStack };
