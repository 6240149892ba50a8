import { Fn, Op, Token, conditional } from 'cdktf';

/**
 * Go's notation for a duration in whole milliseconds below a second, in whole seconds from there, the only one that the provider
 * reads back unchanged: `75s` would become `1m15s` in each plan.
 */
export function goDuration(seconds: number): string {
  if (Token.isUnresolved(seconds)) return goDurationAtApply(seconds);
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** The same for a number that is known only at apply, as Terraform's expression. */
function goDurationAtApply(seconds: number): string {
  const [hours, minutes, rest] = [Op.div(seconds, 3600), Op.div(Op.mod(seconds, 3600), 60), Op.mod(seconds, 60)].map(
    part => Fn.floor(part),
  );
  return Token.asString(
    conditional(
      Op.gte(seconds, 3600),
      Fn.format('%dh%dm%ds', [hours, minutes, rest]),
      conditional(Op.gte(seconds, 60), Fn.format('%dm%ds', [minutes, rest]), Fn.format('%ds', [rest])),
    ),
  );
}
