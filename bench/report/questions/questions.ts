import type { Sample } from '../../measurement';
import { choose } from '../../statistics';
import { BACKUP_COST } from './backup-cost';
import { CONTAINER_COST } from './container-cost';
import { IMAGE_SIZE } from './image-size';
import { MACHINES_TIME } from './machines-time';
import { OPERATION_COST } from './operation-cost';
import { OPERATION_TIME } from './operation-time';
import type { Question } from './question';
import { SYNTH_TIME } from './synth-time';
import { TLS_COST } from './tls-cost';

/** In the order of the page. */
export const QUESTIONS: readonly Question[] = [
  OPERATION_TIME,
  OPERATION_COST,
  MACHINES_TIME,
  SYNTH_TIME,
  TLS_COST,
  CONTAINER_COST,
  IMAGE_SIZE,
  BACKUP_COST,
];

/** Questions that were answered, each with the samples of its part. */
export function answered(samples: readonly Sample[]): { question: Question; own: Sample[] }[] {
  return QUESTIONS.map(question => ({ question, own: choose(samples, { part: question.part }) })).filter(
    ({ question, own }) => question.rows(own).length > 0,
  );
}

/** Plots of what was measured, by the names of their files. */
export function plotsOf(name: string, samples: readonly Sample[]): Record<string, string> {
  return Object.fromEntries(
    answered(samples).flatMap(({ question: { plot }, own }) =>
      plot ? [[`${name}${plot.suffix}.svg`, plot.draw(own)]] : [],
    ),
  );
}
