import type { Process, Program } from '../../linux/process.ts';
import { journal, logUnit, type Unit, units } from '../../linux/systemd.ts';
import type { Micros } from '../../sim/clock.ts';
import { heading } from './journalctl.ts';

/** systemctl (systemd 252) of the services a node has: their processes are really started and ended. */
export const main: Program = async (p) => {
  const flags = new Set(p.args.filter((a) => a.startsWith('-'))), [verb = 'list-units', ...names] = p.args.filter((a) => !a.startsWith('-'));
  for (const f of flags) if (!FLAGS.has(f.split('=')[0]!)) {
    await p.err(f.startsWith('--') ? `systemctl: unrecognized option '${f}'\n` : `systemctl: invalid option -- '${f[1]}'\n`);
    return 1;
  }
  if (flags.has('--version')) {
    await p.out('systemd 252 (252.22-1~deb12u1)\n');
    return 0;
  }
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!run) {
    await p.err(`Unknown command verb ${verb}.\n`);
    return 1;
  }
  return run(p, names.map((n) => (/\.(service|target|slice|socket)$/.test(n) ? n : `${n}.service`)), flags);
};

const FLAGS = new Set(['--no-pager', '--now', '-q', '--quiet', '-l', '--full', '--version', '--system', '-n', '--lines', '--type', '-t', '--state', '--all', '-a', '--no-legend', '--plain']);

type Verb = (p: Process, names: string[], flags: Set<string>) => Promise<number> | number;
type State = 'active' | 'inactive' | 'activating';

function stateOf(unit: Unit): State {
  return unit.main()?.running ? 'active' : unit.stopped() ? 'inactive' : 'activating';
}

const list: Verb = async (p) => {
  const all = [...units(p.machine).values()].sort((a, b) => (a.name < b.name ? -1 : 1)), w = Math.max(4, ...all.map((u) => u.name.length));
  await p.out(`  ${'UNIT'.padEnd(w)} LOAD   ACTIVE SUB     DESCRIPTION\n`);
  for (const u of all.filter((x) => stateOf(x) === 'active')) await p.out(`  ${u.name.padEnd(w)} loaded active running ${u.description}\n`);
  await p.out(`\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n${all.filter((x) => stateOf(x) === 'active').length} loaded units listed. Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'.\n`);
  return 0;
};

/** Does something to each unit; `takes` is how long systemd waits for it. */
const act = (verb: string, does: (unit: Unit) => void, takes: Micros): Verb => async (p, names) => {
  if (names.length === 0) {
    await p.err('Too few arguments.\n');
    return 1;
  }
  for (const name of names) {
    const unit = units(p.machine).get(name);
    if (!unit) {
      await p.err(`Failed to ${verb} ${name}: Unit ${name} not found.\n`);
      return 5;
    }
    if (p.uid !== 0) {
      await p.err(`Failed to ${verb} ${name}: Interactive authentication required.\nSee system logs and 'systemctl status ${name}' for details.\n`);
      return 1;
    }
    does(unit);
    await p.sleep(takes);
  }
  return 0;
};

const title = (u: Unit) => `${u.name} - ${u.description}`;

function stop(u: Unit): void {
  const main = u.main();
  if (!main?.running) return;
  logUnit(main.machine, u.name, `Stopping ${title(u)}...`);
  u.stop();
  logUnit(main.machine, u.name, `${u.name}: Deactivated successfully.`);
  logUnit(main.machine, u.name, `Stopped ${title(u)}.`);
}

function start(u: Unit): void {
  if (!u.main()?.running) u.start();
}

const status: Verb = async (p, names) => {
  let code = 0;
  for (const [i, name] of (names.length > 0 ? names : [...units(p.machine).keys()]).entries()) {
    const u = units(p.machine).get(name);
    if (!u) {
      await p.err(`Unit ${name} could not be found.\n`);
      code = 4;
      continue;
    }
    if (i > 0) await p.out('\n');
    const state = stateOf(u), main = u.main(), ended = main?.status;
    const since = (at: Micros) => `since ${stamp(at)}; ${ago(p.now - at)} ago`;
    const how = ended && (ended.signal ? `code=killed, signal=${ended.signal}` : `code=exited, status=${ended.code}${ended.code === 0 ? '/SUCCESS' : ended.code === 1 ? '/FAILURE' : '/n/a'}`);
    const lines = [
      `${state === 'inactive' ? '○' : '●'} ${title(u)}`,
      `     Loaded: loaded (${u.path}; ${u.enabled ? 'enabled' : 'disabled'}; preset: enabled)`,
      ...(u.dropIns?.length ? [`    Drop-In: ${u.dropIns[0]!.replace(/\/[^/]*$/, '')}`, ...u.dropIns.map((d, k) => `             ${k === u.dropIns!.length - 1 ? '└─' : '├─'}${d.split('/').at(-1)}`)] : []),
      `     Active: ${state === 'active' ? `active (running) ${since(main!.startedAt)}` : state === 'inactive' ? `inactive (dead)${lastStop(p, u) === undefined ? '' : ` ${since(lastStop(p, u)!)}`}` : `activating (auto-restart) (Result: ${ended?.signal ? 'signal' : 'exit-code'}) since ${stamp(lastExit(p, u))}; ${ago(p.now - lastExit(p, u))} ago`}`,
      ...(u.documentation ? [`       Docs: ${u.documentation}`] : []),
      ...(state === 'active' || !main ? [] : [`    Process: ${main.pid} ExecStart=${main.argv.join(' ')} (${how})`]),
      ...(main ? [`   Main PID: ${main.pid} (${state === 'active' ? main.comm : how})`] : []),
      ...(state === 'active' ? [`     CGroup: /system.slice/${u.name}`, `             └─${main!.pid} ${main!.argv.join(' ')}`] : []),
    ];
    const log = journal(p.machine).filter((e) => e.unit === name).slice(-10);
    await p.out(`${lines.join('\n')}\n${log.length > 0 ? `\n${log.map((e) => `${heading(p, e)}${e.text}\n`).join('')}` : ''}`);
    if (state !== 'active') code = 3;
  }
  return code;
};

const lastOf = (p: Process, u: Unit, text: string) => journal(p.machine).findLast((e) => e.unit === u.name && e.identifier === 'systemd' && e.text.startsWith(text))?.at;
const lastStop = (p: Process, u: Unit) => lastOf(p, u, 'Stopped ');
const lastExit = (p: Process, u: Unit) => lastOf(p, u, `${u.name}: Main process exited`) ?? p.now;

const ask = (of: (unit: Unit) => string, good: string): Verb => async (p, names, flags) => {
  let ok = false;
  for (const name of names) {
    const unit = units(p.machine).get(name), answer = unit ? of(unit) : good === 'enabled' ? undefined : 'inactive';
    if (answer === undefined) await p.err(`Failed to get unit file state for ${name}: No such file or directory\n`);
    else if (!flags.has('-q') && !flags.has('--quiet')) await p.out(`${answer}\n`);
    ok ||= answer === good;
  }
  return ok ? 0 : good === 'active' ? 3 : 1;
};

const enable = (on: boolean): Verb => async (p, names, flags) => {
  for (const name of names) {
    const u = units(p.machine).get(name), link = `/etc/systemd/system/multi-user.target.wants/${name}`;
    if (!u) {
      await p.err(`Failed to ${on ? 'enable' : 'disable'} unit: Unit file ${name} does not exist.\n`);
      return 1;
    }
    if (u.enabled !== on) await p.err(on ? `Created symlink ${link} → ${u.path}.\n` : `Removed "${link}".\n`);
    u.enabled = on;
    if (flags.has('--now')) (on ? start : stop)(u);
  }
  return 0;
};

const VERBS: Record<string, Verb> = {
  status, 'list-units': list, 'is-active': ask(stateOf, 'active'), 'is-enabled': ask((u) => (u.enabled ? 'enabled' : 'disabled'), 'enabled'),
  start: act('start', start, 300_000), stop: act('stop', stop, 200_000), enable: enable(true), disable: enable(false),
  restart: act('restart', (u) => {
    stop(u);
    u.start();
  }, 400_000),
  'daemon-reload': () => 0,
  'is-system-running': async (p) => {
    await p.out('running\n');
    return 0;
  },
  cat: async (p, names) => {
    for (const name of names) {
      const u = units(p.machine).get(name);
      if (!u) {
        await p.err(`No files found for ${name}.\n`);
        return 1;
      }
      await p.out([u.path, ...(u.dropIns ?? [])].map((path) => `# ${path}\n${p.machine.fs.exists(path) ? p.machine.fs.readFile(path) : ''}`).join('\n'));
    }
    return 0;
  },
};

function stamp(at: Micros): string {
  const date = new Date(at / 1000);
  return `${'Sun Mon Tue Wed Thu Fri Sat'.split(' ')[date.getUTCDay()]} ${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** format_timespan with the two largest units, as `; 22min ago`. */
function ago(time: Micros): string {
  const s = Math.floor(time / 1e6), parts: [number, string][] = [[Math.floor(s / 86400), 'day'], [Math.floor(s / 3600) % 24, 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return `${Math.floor(time / 1000)}ms`;
  // From five minutes on seconds are left out.
  return parts.slice(first, first + 2).filter(([n, u]) => n > 0 && !(u === 's' && s >= 300)).map(([n, u]) => `${n}${u === 'day' ? ` day${n > 1 ? 's' : ''}` : u}`).join(' ') || `${s}s`;
}
