import { TabWriter } from '../kubectl/tabwriter.ts';
import { COMMANDS, type Flag, flagsOf, GLOBAL } from './commands.ts';

export const VERSION = '3.4.23';
export const API_VERSION = '3.4';

/** The usage of a command ('' is etcdctl itself), as etcdctl/ctlv3/help.go lays it out. */
export function usage(command: string): string {
  const spec = COMMANDS[command], root = command === '', parent = command.split(' ').slice(0, -1).join(' ');
  const below = Object.entries(COMMANDS).filter(([name, c]) => (root ? !c.group : spec?.group && name.startsWith(`${command} `)));
  const lines = ['NAME:', root ? '\tetcdctl - A simple command line client for etcd3.' : `\t${command} - ${spec!.short}`, '', 'USAGE:', root ? '\tetcdctl [flags]' : `\tetcdctl ${parent ? `${parent} ` : ''}${spec!.use} [flags]`];
  if (root) lines.push('', 'VERSION:', `\t${VERSION}`);
  if (below.length > 0) lines.push('', 'API VERSION:', `\t${API_VERSION}`, '', '', 'COMMANDS:', ...below.map(([name, c]) => `\t${root ? name : name.slice(command.length + 1)}\t${c.short}`));
  if (spec?.long) lines.push('', 'DESCRIPTION:', ...spec.long.split('\n').map((line) => `\t${line}`));
  const local = flagsOf(command).filter((f) => !COMMANDS[parent]?.flags?.includes(f));
  lines.push('', 'OPTIONS:', ...flagLines(root ? [...GLOBAL, ...local] : local), '');
  const inherited = [...GLOBAL, ...flagsOf(command).filter((f) => COMMANDS[parent]?.flags?.includes(f))];
  if (!root) lines.push('GLOBAL OPTIONS:', ...flagLines(inherited), '');
  return withTabs(lines.join('\n'));
}

function flagLines(flags: readonly Flag[]): string[] {
  return [...flags].sort((a, b) => (a.name < b.name ? -1 : 1)).map((f) => {
    const value = f.type === 'string' ? JSON.stringify(f.default) : f.type === 'strings' ? `[${f.default}]` : f.default;
    return `  ${f.short ? `-${f.short}, ` : '    '}--${f.name}${f.type === 'bool' ? `[=${value}]` : `=${value}`}\t${f.usage}`;
  });
}

/** text/tabwriter with tabs of eight for padding: cells end at a tab stop. */
function withTabs(text: string): string {
  let out = '';
  const writer = new TabWriter((piece) => (out += piece), { padding: 1, tabs: 8 });
  writer.write(`${text}\n`);
  writer.flush();
  return out;
}
