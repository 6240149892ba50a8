import { synthesize } from './app/synthesize';

// What `cdktf synth` runs: the cluster of cdktf.json and the environment.
try {
  synthesize(process.env, { planForgetsData: true });
} catch (error) {
  // One sentence for a person; the stack trace of a refused setting helps nobody.
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
