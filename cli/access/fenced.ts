/** State of an application server that its data server turns away because somebody asked for that. */
export const FENCED = 'Fenced';

/** Whether a server is as somebody wants it: Normal, or fenced on request. */
export function isAsWanted(state: string): boolean {
  return state === 'Normal' || state === FENCED;
}
