/** apt, apt-get, apt-cache, dpkg: lists come from the mirror over HTTP, installing puts the executables into these files. */
import { resolve as resolveName } from '../../linux/net/dns.ts';
import { HttpError, httpRequest } from '../../linux/net/http.ts';
import { MS } from '../../sim/clock.ts';
import { Fatal, multi, tool, type Tool } from '../coreutils/tool.ts';
import { CATALOGUE } from './catalogue.ts';

const LISTS = '/var/lib/apt/lists', STATUS = '/var/lib/dpkg/status';

interface Entry {
  name: string;
  version: string;
  size: number;
  installed: number;
  depends: string[];
  summary: string;
  filename: string;
}

function entries(text: string): Entry[] {
  return text.split('\n\n').filter((s) => s.trim() !== '').map((stanza) => {
    const field = (n: string) => new RegExp(`^${n}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    return { name: field('Package'), version: field('Version'), size: Number(field('Size')), installed: Number(field('Installed-Size')) * 1024, depends: field('Depends').split(', ').filter(Boolean), summary: field('Description'), filename: field('Filename') };
  });
}

/** Mirrors: [url, suite] of /etc/apt/sources.list and sources.list.d. */
function sources(t: Tool): [string, string][] {
  const out: [string, string][] = [];
  const files = ['/etc/apt/sources.list', ...(t.find('/etc/apt/sources.list.d') ? t.fs.readdir('/etc/apt/sources.list.d').map((f) => `/etc/apt/sources.list.d/${f}`) : [])];
  for (const file of files.filter((f) => t.find(f)?.kind === 'file')) {
    const text = t.fs.readFile(file);
    for (const m of text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)) out.push([m[1]!.replace(/\/$/, ''), m[2]!]);
    for (const stanza of text.split('\n\n')) {
      const uri = /^URIs:\s*(\S+)/m.exec(stanza)?.[1], suites = /^Suites:\s*(.+)$/m.exec(stanza)?.[1];
      for (const suite of suites?.split(/\s+/) ?? []) if (uri) out.push([uri.replace(/\/$/, ''), suite]);
    }
  }
  return out;
}

const listFile = (url: string, suite: string) => `${LISTS}/${url.replace(/^https?:\/\//, '').replaceAll('/', '_')}_dists_${suite}_main_binary-amd64_Packages`;

/** Body, or what apt says about the failure. */
async function fetch(t: Tool, url: string): Promise<{ body: string } | { failure: string }> {
  const host = new Address(url).host;
  const found = /^\d+(\.\d+){3}$/.test(host.split(':')[0]!) ? host.split(':')[0]! : await resolveName(t.process, host.split(':')[0]!);
  const ip = typeof found === 'string' ? found : found.addresses[0];
  if (found === 'EAI_AGAIN') return { failure: `Temporary failure resolving '${host}'` };
  if (found === 'ENOTFOUND' || ip === undefined) return { failure: `Could not resolve '${host}'` };
  try {
    const response = await httpRequest(t.process, { ip, port: Number(host.split(':')[1] ?? 80), path: new Address(url).path, host, headers: { 'User-Agent': 'Debian APT-HTTP/1.3 (2.6.1)' }, connectTimeout: 30_000 * MS });
    return response.status === 200 ? { body: response.body } : { failure: `${response.status}  ${response.reason} [IP: ${ip} 80]` };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const why: Record<string, string> = { ECONNREFUSED: '111: Connection refused', EHOSTUNREACH: '113: No route to host', ENETUNREACH: '101: Network is unreachable' };
    return { failure: why[error.code] ? `Could not connect to ${host}:80 (${ip}). - connect (${why[error.code]})` : `Connection timed out [IP: ${ip} 80]` };
  }
}

/** The two parts of an http URL that are needed. */
class Address {
  readonly host: string;
  readonly path: string;
  constructor(url: string) {
    const m = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url);
    this.host = m?.[1] ?? '';
    this.path = m?.[2] ?? '/';
  }
}

function status(t: Tool): Map<string, Entry> {
  return new Map((t.find(STATUS)?.kind === 'file' ? entries(t.fs.readFile(STATUS)) : []).map((e) => [e.name, e]));
}

function writeStatus(t: Tool, all: Map<string, Entry>): void {
  t.fs.mkdir('/var/lib/dpkg', { parents: true });
  t.fs.writeFile(STATUS, [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((e) => `Package: ${e.name}\nStatus: install ok installed\nInstalled-Size: ${Math.ceil(e.installed / 1024)}\nVersion: ${e.version}\n${e.depends.length > 0 ? `Depends: ${e.depends.join(', ')}\n` : ''}Description: ${e.summary}\n`).join('\n'));
}

function known(t: Tool): Map<string, Entry> {
  const out = new Map<string, Entry>();
  for (const [url, suite] of sources(t)) {
    const file = listFile(url, suite);
    if (t.find(file)?.kind === 'file') for (const e of entries(t.fs.readFile(file))) out.set(e.name, { ...e, filename: `${url}/${e.filename}` });
  }
  return out;
}

const bytes = (n: number) => (n < 1000 ? `${n} B` : n < 1_000_000 ? `${n / 1000 < 10 ? (n / 1000).toFixed(1) : Math.round(n / 1000)} kB` : `${n / 1e6 < 10 ? (n / 1e6).toFixed(1) : (n / 1e6).toFixed(1)} MB`);

async function update(t: Tool): Promise<number> {
  const failures: string[] = [];
  let total = 0, n = 0;
  const begun = t.process.now;
  for (const [url, suite] of sources(t)) {
    n++;
    const release = await fetch(t, `${url}/dists/${suite}/InRelease`);
    if ('failure' in release) {
      await t.out(`Err:${n} ${url} ${suite} InRelease\n  ${release.failure}\n`);
      failures.push(`W: Failed to fetch ${url}/dists/${suite}/InRelease  ${release.failure}\n`);
      continue;
    }
    const size = suite.includes('-security') ? 48_000 : suite.includes('-updates') ? 55_400 : 151_000;
    await t.out(`Get:${n} ${url} ${suite} InRelease [${bytes(size)}]\n`);
    const index = await fetch(t, `${url}/dists/${suite}/main/binary-amd64/Packages`);
    if ('failure' in index) {
      await t.out(`Err:${n} ${url} ${suite}/main amd64 Packages\n  ${index.failure}\n`);
      failures.push(`W: Failed to fetch ${url}/dists/${suite}/main/binary-amd64/Packages  ${index.failure}\n`);
      continue;
    }
    const packed = suite.includes('-') ? 250_000 : 8_790_000;
    await t.process.sleep((packed / 9000) * MS);
    await t.out(`Get:${++n} ${url} ${suite}/main amd64 Packages [${bytes(packed)}]\n`);
    total += size + packed;
    t.fs.mkdir(LISTS, { parents: true });
    t.fs.writeFile(listFile(url, suite), index.body);
  }
  const seconds = Math.max(1, Math.round((t.process.now - begun) / 1e6));
  if (total > 0) await t.out(`Fetched ${bytes(total)} in ${seconds}s (${bytes(Math.round(total / seconds))}/s)\n`);
  await t.process.sleep(400 * MS);
  await t.out(`Reading package lists... Done\n${t.name === 'apt' ? 'Building dependency tree... Done\nReading state information... Done\nAll packages are up to date.\n' : ''}`);
  for (const f of failures) await t.process.err(f);
  if (failures.length > 0) await t.process.err('W: Some index files failed to download. They have been ignored, or old ones used instead.\n');
  return 0;
}

async function install(t: Tool, names: string[], yes: boolean): Promise<number> {
  const offered = known(t), have = status(t);
  await t.out('Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n');
  let missing = false;
  for (const n of names) if (!offered.has(n) && !have.has(n)) {
    missing = true;
    await t.process.err(`E: Unable to locate package ${n}\n`);
  }
  if (missing) return 100;
  const wanted: Entry[] = [];
  const add = (n: string) => {
    const e = offered.get(n);
    if (!e || have.has(n) || wanted.includes(e)) return;
    for (const d of e.depends) add(d);
    wanted.push(e);
  };
  for (const n of names) {
    if (have.has(n)) await t.out(`${n} is already the newest version (${have.get(n)!.version}).\n`);
    add(n);
  }
  const sorted = [...wanted].sort((a, b) => (a.name < b.name ? -1 : 1)), extra = sorted.filter((e) => !names.includes(e.name));
  const wrap = (list: string[]) => `  ${list.join(' ')}\n`;
  if (extra.length > 0) await t.out(`The following additional packages will be installed:\n${wrap(extra.map((e) => e.name))}`);
  if (sorted.length > 0) await t.out(`The following NEW packages will be installed:\n${wrap(sorted.map((e) => e.name))}`);
  await t.out(`0 upgraded, ${sorted.length} newly installed, 0 to remove and 0 not upgraded.\n`);
  if (sorted.length === 0) return 0;
  const size = sorted.reduce((s, e) => s + e.size, 0);
  await t.out(`Need to get ${bytes(size)} of archives.\nAfter this operation, ${bytes(sorted.reduce((s, e) => s + e.installed, 0))} of additional disk space will be used.\n`);
  if (!yes && (extra.length > 0 || t.process.stdin.isTTY)) {
    await t.out('Do you want to continue? [Y/n] ');
    const answer = await t.process.stdin.read(t.process);
    if (answer === null || !/^\s*([yY].*)?$/.test(answer.trim() === '' ? '' : answer)) {
      await t.out('Abort.\n');
      return 1;
    }
  }
  const begun = t.process.now;
  for (const [i, e] of wanted.entries()) {
    const got = await fetch(t, e.filename);
    const where = e.filename.replace(/\/pool\/.*/, '');
    if ('failure' in got) {
      await t.out(`Err:${i + 1} ${where} bookworm/main amd64 ${e.name} amd64 ${e.version}\n  ${got.failure}\n`);
      await t.process.err(`E: Failed to fetch ${e.filename}  ${got.failure}\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n`);
      return 100;
    }
    await t.process.sleep((e.size / 12_000) * MS);
    await t.out(`Get:${i + 1} ${where} bookworm/main amd64 ${e.name} amd64 ${e.version} [${bytes(e.size)}]\n`);
  }
  const seconds = Math.max(1, Math.round((t.process.now - begun) / 1e6));
  await t.out(`Fetched ${bytes(size)} in ${seconds}s (${bytes(Math.round(size / seconds))}/s)\n`);
  if (!t.process.stdin.isTTY) await t.process.err('debconf: delaying package configuration, since apt-utils is not installed\n');
  for (const e of wanted) {
    await t.process.sleep(60 * MS);
    await t.out(`Selecting previously unselected package ${e.name}.\nPreparing to unpack .../${e.name}_${e.version.replace(':', '%3a')}_amd64.deb ...\nUnpacking ${e.name} (${e.version}) ...\n`);
    for (const [path, program] of Object.entries(CATALOGUE.find((p) => p.name === e.name)?.files ?? {})) {
      t.fs.mkdir(path.replace(/\/[^/]*$/, ''), { parents: true });
      t.fs.writeFile(path, '', { mode: 0o755, program });
    }
    have.set(e.name, e);
  }
  for (const e of wanted) {
    await t.process.sleep(40 * MS);
    await t.out(`Setting up ${e.name} (${e.version}) ...\n`);
  }
  await t.process.sleep(300 * MS);
  await t.out('Processing triggers for libc-bin (2.36-9+deb12u10) ...\n');
  writeStatus(t, have);
  return 0;
}

async function remove(t: Tool, names: string[]): Promise<number> {
  const have = status(t);
  await t.out('Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n');
  const gone = names.filter((n) => have.has(n));
  for (const n of names) if (!have.has(n)) await t.out(`Package '${n}' is not installed, so not removed\n`);
  if (gone.length > 0) await t.out(`The following packages will be REMOVED:\n  ${gone.join(' ')}\n`);
  await t.out(`0 upgraded, 0 newly installed, ${gone.length} to remove and 0 not upgraded.\n`);
  for (const n of gone) {
    await t.out(`Removing ${n} (${have.get(n)!.version}) ...\n`);
    for (const path of Object.keys(CATALOGUE.find((p) => p.name === n)?.files ?? {})) if (t.find(path)) t.fs.remove(path);
    have.delete(n);
  }
  writeStatus(t, have);
  return 0;
}

const apt = tool(async (t) => {
  const args = t.process.args, words = args.filter((a) => !a.startsWith('-')), [command, ...names] = words;
  const yes = args.some((a) => /^-[a-z]*y/.test(a) || a === '--yes' || a === '--assume-yes');
  const quiet = args.some((a) => /^-q{2,}$|^-[a-z]*qq/.test(a));
  if (quiet) Object.defineProperty(t, 'out', { value: () => {} });
  const needsRoot = ['update', 'install', 'remove', 'purge', 'upgrade', 'autoremove', 'clean'].includes(command ?? '');
  if (needsRoot && t.process.uid !== 0) {
    await t.process.err(command === 'update' ? `${t.name === 'apt' ? 'Reading package lists... Done\n' : ''}E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n` : 'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n');
    return 100;
  }
  if (t.name === 'apt' && !t.process.stdout.isTTY) await t.process.err('\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n');
  switch (command) {
    case 'update': return update(t);
    case 'install': return install(t, names, yes);
    case 'remove':
    case 'purge': return remove(t, names);
    case 'upgrade':
    case 'autoremove':
      await t.out('Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n');
      return 0;
    case 'clean': return 0;
    case 'show':
    case 'policy':
    case 'search': {
      const all = known(t);
      if (command === 'search') for (const e of all.values()) if (names.every((n) => e.name.includes(n) || e.summary.includes(n))) await t.out(t.name === 'apt-cache' ? `${e.name} - ${e.summary}\n` : `${e.name}/stable ${e.version} amd64\n  ${e.summary}\n\n`);
      for (const n of command === 'search' ? [] : names) {
        const e = all.get(n) ?? status(t).get(n);
        if (!e) {
          await t.process.err(command === 'show' ? `N: Unable to locate package ${n}\nE: No packages found\n` : `N: Unable to locate package ${n}\n`);
          return 100;
        }
        await t.out(command === 'show' ? `Package: ${e.name}\nVersion: ${e.version}\nInstalled-Size: ${bytes(e.installed)}\nDownload-Size: ${bytes(e.size)}\nDescription: ${e.summary}\n\n` : `${n}:\n  Installed: ${status(t).get(n)?.version ?? '(none)'}\n  Candidate: ${e.version}\n`);
      }
      return 0;
    }
    case 'list': {
      await t.process.err('Listing...\n');
      for (const e of args.includes('--installed') ? status(t).values() : known(t).values()) await t.out(`${e.name}/stable ${e.version} amd64\n`);
      return 0;
    }
    case undefined:
      await t.out(`apt 2.6.1 (amd64)\nUsage: ${t.name} command [options]\n`);
      return 1;
    default:
      throw new InvalidOperation(`Invalid operation ${command}`);
  }
});

class InvalidOperation extends Fatal {
  constructor(message: string) {
    super(message, 100);
  }
}

const dpkg = tool(async (t) => {
  const [option, ...names] = t.process.args, have = status(t);
  if (option === '-l' || option === '--list') {
    const list = [...have.values()].filter((e) => names.length === 0 || names.some((n) => e.name === n || (n.endsWith('*') && e.name.startsWith(n.slice(0, -1)))));
    if (names.length > 0 && list.length === 0) throw new NoneFound(names[0]!);
    const w = Math.max(14, ...list.map((e) => e.name.length)), v = Math.max(12, ...list.map((e) => e.version.length));
    await t.out(`Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ ${'Name'.padEnd(w)} ${'Version'.padEnd(v)} Architecture Description\n+++-${'='.repeat(w)}-${'='.repeat(v)}-============-${'='.repeat(33)}\n${list.map((e) => `ii  ${e.name.padEnd(w)} ${e.version.padEnd(v)} amd64        ${e.summary}\n`).join('')}`);
    return 0;
  }
  if (option === '-L' || option === '-s') {
    for (const n of names) {
      const e = have.get(n);
      if (!e) {
        await t.process.err(`dpkg-query: package '${n}' is not installed${option === '-s' ? ' and no information is available' : ''}\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n`);
        return 1;
      }
      await t.out(option === '-L' ? `/.\n${Object.keys(CATALOGUE.find((p) => p.name === n)?.files ?? {}).map((f) => `${f}\n`).join('')}` : `Package: ${e.name}\nStatus: install ok installed\nVersion: ${e.version}\nDescription: ${e.summary}\n`);
    }
    return 0;
  }
  await t.process.err('dpkg: error: need an action option\n');
  return 2;
});

class NoneFound extends Fatal {
  constructor(name: string) {
    super(`no packages found matching ${name}`);
  }
}

export const main = multi({ apt, 'apt-get': apt, 'apt-cache': apt, dpkg, 'dpkg-query': dpkg });
