import { App } from 'cdktf';
import { ExternalFilesStack } from './external-files-stack';
import { OwnAuthorityStack } from './own-authority-stack';

if (require.main === module) {
  const app = new App();
  const baseImage = process.env.ECP_REHEARSAL_BASE_IMAGE;
  // One of the two, by what is there: README.md.
  const { CERTIFICATES: folder } = process.env;
  if (folder === undefined) new OwnAuthorityStack(app, 'own-authority', { baseImage });
  else new ExternalFilesStack(app, 'external-files', { folder, baseImage });
  app.synth();
}

export { ExternalFilesStack, OwnAuthorityStack };
