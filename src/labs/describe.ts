/** What a check looks at, in words for the student. */
import type { Check, ObjectQuery, RanCheck, ReachCheck, WhyCheck } from './lab.ts';
import { RESULTS } from './why/question.ts';

export function describe(check: Check): string {
  if (check.text) return check.text;
  if ('object' in check) return describeObject(check.object, check.expect);
  if ('ran' in check) return describeRan(check.ran);
  if ('file' in check) return `${check.file.absent ? 'No existe' : 'Está como se pide'} el archivo \`${check.file.path}\` en ${check.file.on}`;
  if ('iptables' in check) return `${check.iptables.absent ? 'Ya no está' : 'Está'} la regla de iptables que se pide en ${check.iptables.on}`;
  return 'why' in check ? describeWhy(check.why) : describeReach(check.reach);
}

function describeObject({ kind, name, selector, absent }: ObjectQuery, expect: string | undefined): string {
  const which = name ? `${kind} \`${name}\`` : selector ? `${kind} con \`${selector}\`` : kind;
  if (absent) return `Ya no existe: ${which}`;
  return expect ? `${which} está como se pide` : `Existe: ${which}`;
}

function describeRan({ program, on, pod, exit, contains, matches }: RanCheck): string {
  const where = pod ? ` en el Pod \`${pod}\`` : on ? ` en ${on}` : '';
  const how = exit === undefined ? '' : exit === 0 ? ' y ha terminado bien' : ` y ha terminado con el código ${exit}`;
  return `Has ejecutado ${[program].flat().map((name) => `\`${name}\``).join(' o ')}${where}${how}${contains || matches ? ' y ha mostrado lo que se busca' : ''}`;
}

function describeReach({ from, to, status, refused, timeout }: ReachCheck): string {
  const who = from.startsWith('pod:') ? `el Pod \`${from.slice(4)}\`` : from;
  const what = refused ? 'es rechazada' : timeout ? 'no recibe respuesta' : status ? `responde ${status}` : 'responde';
  return `Desde ${who}, una petición a \`${to}\` ${what}`;
}

function describeWhy({ from, to, port, result }: WhyCheck): string {
  const who = from.startsWith('pod:') ? `el Pod \`${from.slice(4)}\`` : from;
  return `Un paquete desde ${who} hasta \`${to}${port === undefined ? '' : `:${port}`}\` ${result ? RESULTS[result] : 'acaba como se pide'}`;
}
