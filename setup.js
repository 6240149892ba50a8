/* global afterAll */
const { rmSync } = require('node:fs');
const { Testing } = require('cdktf');

Testing.setupJest();

// Testing makes a folder for each app, and leaves it.
const { app } = Testing;
const folders = [];
Testing.app = (...options) => {
  const made = app.apply(Testing, options);
  folders.push(made.outdir);
  return made;
};
afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })));
