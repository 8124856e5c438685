/** apt, apt-get, apt-cache, dpkg: lists come from the mirror over HTTP, installing puts the executables into these files. */
import { resolve as resolveName } from '../../linux/net/dns.ts';
import { HttpError, httpRequest } from '../../linux/net/http.ts';
import { MS } from '../../sim/clock.ts';
import { Fatal, multi, tool, type Tool } from '../coreutils/tool.ts';

const LISTS = '/var/lib/apt/lists', STATUS = '/var/lib/dpkg/status', INFO = '/var/lib/dpkg/info';

interface Entry {
  name: string;
  version: string;
  architecture: string;
  size: number;
  installed: number;
  depends: string[];
  summary: string;
  filename: string;
  /** SUITE/COMPONENT of the list it came from. */
  section: string;
}

function entries(text: string, url = '', section = ''): Entry[] {
  return text.split('\n\n').filter((s) => s.trim() !== '').map((stanza) => {
    const field = (n: string) => new RegExp(`^${n}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    return { name: field('Package'), version: field('Version'), architecture: field('Architecture'), size: Number(field('Size')), installed: Number(field('Installed-Size')) * 1024, depends: field('Depends').split(', ').filter(Boolean), summary: field('Description'), filename: `${url}/${field('Filename')}`, section };
  });
}

interface Source {
  url: string;
  suite: string;
  components: string[];
}

/** What /etc/apt/sources.list and sources.list.d say, a suite once. */
function sources(t: Tool): Source[] {
  const out: Source[] = [];
  const add = (url: string, suite: string, components: string[]) => {
    const known = out.find((s) => s.url === url && s.suite === suite);
    if (known) known.components.push(...components.filter((c) => !known.components.includes(c)));
    else out.push({ url, suite, components });
  };
  const files = ['/etc/apt/sources.list', ...(t.find('/etc/apt/sources.list.d') ? t.fs.readdir('/etc/apt/sources.list.d').map((f) => `/etc/apt/sources.list.d/${f}`) : [])];
  for (const file of files.filter((f) => t.find(f)?.kind === 'file')) {
    const text = t.fs.readFile(file);
    for (const m of text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/gm)) add(m[1]!.replace(/\/$/, ''), m[2]!, m[3]!.trim().split(/\s+/));
    for (const stanza of text.split('\n\n')) {
      const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
      for (const uri of field('URIs')) for (const suite of field('Suites')) add(uri.replace(/\/$/, ''), suite, field('Components'));
    }
  }
  return out;
}

const listFile = (url: string, suite: string, component: string) => `${LISTS}/${url.replace(/^https?:\/\//, '').replaceAll('/', '_')}_dists_${suite}_${component}_binary-amd64_Packages`;

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
  t.fs.writeFile(STATUS, [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((e) => `Package: ${e.name}\nStatus: install ok installed\nInstalled-Size: ${Math.ceil(e.installed / 1024)}\nArchitecture: ${e.architecture}\nVersion: ${e.version}\n${e.depends.length > 0 ? `Depends: ${e.depends.join(', ')}\n` : ''}Description: ${e.summary}\n`).join('\n'));
}

function known(t: Tool): Map<string, Entry> {
  const out = new Map<string, Entry>();
  for (const { url, suite, components } of sources(t)) for (const component of components) {
    const file = listFile(url, suite, component);
    if (t.find(file)?.kind === 'file') for (const e of entries(t.fs.readFile(file), url, `${suite}/${component}`)) out.set(e.name, e);
  }
  return out;
}

/** SizeToStr: four digits at most, with a decimal below 100. */
function bytes(n: number): string {
  const units = ['', 'k', 'M', 'G'];
  let i = 0;
  for (; n >= 10_000 || (i === 0 && n >= 10_000); i++) n /= 1000;
  return `${i > 0 && n < 100 ? n.toFixed(1) : n.toFixed(0)} ${units[i]}B`;
}

/** Bytes a microsecond that the line carries. */
const SPEED = 9;

async function fetched(t: Tool, total: number, begun: number): Promise<void> {
  const seconds = Math.max(1, Math.floor((t.process.now - begun) / 1e6));
  await t.out(`Fetched ${bytes(total)} in ${seconds}s (${bytes(Math.round((total * 1e6) / Math.max(1, t.process.now - begun)))}/s)\n`);
}

async function update(t: Tool): Promise<number> {
  const failures: string[] = [], lists: { source: Source; component: string; size: number }[] = [];
  let total = 0, n = 0;
  const begun = t.process.now;
  const failed = async (what: string, url: string, why: string) => {
    await t.out(`Err:${++n} ${what}\n  ${why}\n`);
    failures.push(`W: Failed to fetch ${url}  ${why}\n`);
  };
  for (const source of sources(t)) {
    const { url, suite } = source, address = `${url}/dists/${suite}/InRelease`;
    const release = await fetch(t, address);
    if ('failure' in release) {
      await failed(`${url} ${suite} InRelease`, address, release.failure);
      continue;
    }
    const size = Number(/^Size: (\d+)$/m.exec(release.body)?.[1] ?? release.body.length);
    await t.process.sleep(size / SPEED);
    total += size;
    await t.out(`Get:${++n} ${url} ${suite} InRelease [${bytes(size)}]\n`);
    for (const component of source.components) {
      const packed = new RegExp(`^ (\\d+) ${component}/binary-amd64/Packages`, 'm').exec(release.body)?.[1];
      if (packed !== undefined) lists.push({ source, component, size: Number(packed) });
    }
  }
  for (const { source: { url, suite }, component, size } of lists) {
    const address = `${url}/dists/${suite}/${component}/binary-amd64/Packages`, index = await fetch(t, address);
    if ('failure' in index) {
      await failed(`${url} ${suite}/${component} amd64 Packages`, address, index.failure);
      continue;
    }
    await t.process.sleep(size / SPEED);
    total += size;
    await t.out(`Get:${++n} ${url} ${suite}/${component} amd64 Packages [${bytes(size)}]\n`);
    t.fs.mkdir(LISTS, { parents: true });
    t.fs.writeFile(listFile(url, suite, component), index.body);
  }
  if (total > 0) await fetched(t, total, begun);
  await t.process.sleep(400 * MS);
  await t.out(`Reading package lists... Done\n${t.name === 'apt' ? 'Building dependency tree... Done\nReading state information... Done\nAll packages are up to date.\n' : ''}`);
  for (const f of failures) await t.process.err(f);
  if (failures.length > 0) await t.process.err('W: Some index files failed to download. They have been ignored, or old ones used instead.\n');
  return 0;
}

/** ShowList: names in lines of the screen's width. */
function wrap(t: Tool, names: readonly string[]): string {
  const width = (t.process.tty?.cols ?? 80) - 3;
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > width) lines.push(name);
    else lines[lines.length - 1] = `${last} ${name}`;
  }
  return lines.map((l) => `  ${l}\n`).join('');
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
  if (extra.length > 0) await t.out(`The following additional packages will be installed:\n${wrap(t, extra.map((e) => e.name))}`);
  if (sorted.length > 0) await t.out(`The following NEW packages will be installed:\n${wrap(t, sorted.map((e) => e.name))}`);
  await t.out(`0 upgraded, ${sorted.length} newly installed, 0 to remove and 0 not upgraded.\n`);
  if (sorted.length === 0) return 0;
  const size = sorted.reduce((s, e) => s + e.size, 0);
  await t.out(`Need to get ${bytes(size)} of archives.\nAfter this operation, ${bytes(sorted.reduce((s, e) => s + e.installed, 0))} of additional disk space will be used.\n`);
  if (!yes && extra.length > 0) {
    await t.out('Do you want to continue? [Y/n] ');
    const answer = await t.process.stdin.read(t.process);
    if (answer === null || !/^\s*([yY].*)?$/.test(answer)) {
      await t.out('Abort.\n');
      return 1;
    }
  }
  const begun = t.process.now;
  const archives = new Map<Entry, string>();
  for (const [i, e] of wanted.entries()) {
    const got = await fetch(t, e.filename), what = `${e.filename.replace(/\/pool\/.*/, '')} ${e.section} amd64 ${e.name} ${e.architecture} ${e.version}`;
    if ('failure' in got) {
      await t.out(`Err:${i + 1} ${what}\n  ${got.failure}\n`);
      await t.process.err(`E: Failed to fetch ${e.filename}  ${got.failure}\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n`);
      return 100;
    }
    await t.process.sleep(e.size / SPEED);
    archives.set(e, got.body);
    await t.out(`Get:${i + 1} ${what} [${bytes(e.size)}]\n`);
  }
  await fetched(t, size, begun);
  await t.process.err('debconf: delaying package configuration, since apt-utils is not installed\n');
  const digits = String(wanted.length - 1).length;
  for (const [i, e] of wanted.entries()) {
    await t.process.sleep(60 * MS);
    const nth = wanted.length === 1 ? '' : `${String(i).padStart(digits, '0')}-`;
    await t.out(`Selecting previously unselected package ${e.name}${multiArch(e) ? `:${e.architecture}` : ''}.\n${i === 0 ? `(Reading database ... ${count(t, '/')} files and directories currently installed.)\n` : ''}Preparing to unpack .../${nth}${e.name}_${e.version.replace(':', '%3a')}_${e.architecture}.deb ...\nUnpacking ${full(e)} ...\n`);
    const files = unpacked(archives.get(e)!);
    for (const [path, program] of files) {
      t.fs.mkdir(path.replace(/\/[^/]*$/, ''), { parents: true });
      t.fs.writeFile(path, '', { mode: 0o755, program });
    }
    t.fs.mkdir(INFO, { parents: true });
    t.fs.writeFile(`${INFO}/${e.name}.list`, ['/.', ...files.map(([path]) => path)].map((l) => `${l}\n`).join(''));
    have.set(e.name, e);
  }
  for (const e of wanted) {
    await t.process.sleep(40 * MS);
    await t.out(`Setting up ${full(e)} ...\n`);
  }
  await t.process.sleep(300 * MS);
  if (wanted.some((e) => e.name.startsWith('lib'))) await t.out(`Processing triggers for libc-bin (${wanted.some((e) => e.filename.includes('/ubuntu/')) ? '2.35-0ubuntu3.8' : '2.36-9+deb12u7'}) ...\n`);
  writeStatus(t, have);
  return 0;
}

/** Libraries may be there for several architectures: dpkg names them with theirs. */
const multiArch = (e: Entry): boolean => e.architecture !== 'all' && /^lib.*\d$/.test(e.name);
const full = (e: Entry): string => `${e.name}${multiArch(e) ? `:${e.architecture}` : ''} (${e.version})`;

/** The executables of a package: path and program. */
function unpacked(deb: string): [path: string, program: string][] {
  return deb.split('\n').slice(1).filter(Boolean).map((line) => line.split(' ') as [string, string]);
}

/** Files and directories below, without what is no file of a disk. */
function count(t: Tool, path: string): number {
  return t.fs.readdir(path).filter((n) => path !== '/' || !['proc', 'sys', 'dev', 'host', 'tmp'].includes(n)).reduce((sum, n) => {
    const child = `${path === '/' ? '' : path}/${n}`;
    return sum + 1 + (t.fs.lstat(child).kind === 'dir' ? count(t, child) : 0);
  }, 0);
}

/** What the package brought, as dpkg wrote it down. */
function installedFiles(t: Tool, name: string): string[] {
  const list = `${INFO}/${name}.list`;
  return t.find(list) ? t.fs.readFile(list).split('\n').filter((l) => l.startsWith('/') && l !== '/.') : [];
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
    for (const path of installedFiles(t, n)) if (t.find(path)) t.fs.remove(path);
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
      await t.out(option === '-L' ? `${t.fs.readFile(`${INFO}/${n}.list`)}` : `Package: ${e.name}\nStatus: install ok installed\nVersion: ${e.version}\nDescription: ${e.summary}\n`);
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
