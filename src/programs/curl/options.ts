import type { Family } from '../../linux/net/dns.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND, type Micros } from '../../sim/clock.ts';

export interface Options {
  urls: string[];
  silent: boolean;
  /** -4, -6 */
  family: Family;
  showError: boolean;
  verbose: number;
  include: boolean;
  head: boolean;
  output: string[];
  remoteName: boolean;
  writeOut: string;
  maxTime: Micros;
  connectTimeout: Micros;
  method: string | undefined;
  data: string | undefined;
  get: boolean;
  headers: string[];
  insecure: boolean;
  location: boolean;
  fail: boolean;
  failWithBody: boolean;
  agent: string;
  user: string | undefined;
  bearer: string | undefined;
  cacert: string | undefined;
  cert: string | undefined;
  resolve: string[];
  local: string | undefined;
  progressBar: boolean;
  noMeter: boolean;
  retries: number;
  http10: boolean;
  cookie: string | undefined;
  referer: string | undefined;
}

/** Ends curl with a message and an exit code. */
export class CurlExit extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Options of curl 7.88 that take a value; a letter or none, and the long name. */
const WITH_VALUE: [string, string][] = [
  ['o', 'output'], ['w', 'write-out'], ['m', 'max-time'], ['X', 'request'], ['d', 'data'], ['H', 'header'], ['A', 'user-agent'], ['u', 'user'], ['E', 'cert'], ['b', 'cookie'], ['e', 'referer'], ['x', 'proxy'],
  ['', 'connect-timeout'], ['', 'data-raw'], ['', 'data-binary'], ['', 'data-urlencode'], ['', 'json'], ['', 'cacert'], ['', 'key'], ['', 'resolve'], ['', 'interface'], ['', 'retry'], ['', 'retry-delay'],
  ['', 'max-redirs'], ['', 'oauth2-bearer'], ['', 'url'], ['', 'noproxy'], ['', 'connect-to'], ['', 'stderr'], ['', 'capath'], ['', 'dns-servers'], ['', 'unix-socket'], ['T', 'upload-file'], ['F', 'form'], ['r', 'range'], ['c', 'cookie-jar'], ['', 'limit-rate'],
];
const FLAGS: [string, string][] = [
  ['s', 'silent'], ['S', 'show-error'], ['v', 'verbose'], ['i', 'include'], ['I', 'head'], ['k', 'insecure'], ['L', 'location'], ['f', 'fail'], ['', 'fail-with-body'], ['O', 'remote-name'], ['G', 'get'], ['#', 'progress-bar'],
  ['', 'no-progress-meter'], ['4', 'ipv4'], ['6', 'ipv6'], ['0', 'http1.0'], ['', 'http1.1'], ['', 'http2'], ['N', 'no-buffer'], ['V', 'version'], ['h', 'help'], ['g', 'globoff'], ['', 'compressed'], ['q', 'disable'], ['', 'retry-connrefused'], ['', 'path-as-is'], ['', 'no-keepalive'], ['J', 'remote-header-name'], ['R', 'remote-time'], ['Z', 'parallel'],
];
/** Real options that are not modelled: they answer as unknown ones. */
const NOT_MODELLED = new Set(['proxy', 'upload-file', 'form', 'unix-socket', 'cookie-jar', 'http2', 'connect-to', 'dns-servers', 'range', 'limit-rate', 'parallel', 'stderr', 'remote-header-name']);
const TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n";

export function parseOptions(p: Process): Options | 'version' | 'help' {
  const o: Options = {
    urls: [], silent: false, family: 0, showError: false, verbose: 0, include: false, head: false, output: [], remoteName: false, writeOut: '', maxTime: 0, connectTimeout: 300 * SECOND, method: undefined, data: undefined, get: false,
    headers: [], insecure: false, location: false, fail: false, failWithBody: false, agent: 'curl/7.88.1', user: undefined, bearer: undefined, cacert: undefined, cert: undefined, resolve: [], local: undefined,
    progressBar: false, noMeter: false, retries: 0, http10: false, cookie: undefined, referer: undefined,
  };
  const args = p.args;
  let special: 'version' | 'help' | undefined;
  let onlyUrls = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (onlyUrls || !arg.startsWith('-') || arg === '-') {
      o.urls.push(arg);
      continue;
    }
    if (arg === '--') {
      onlyUrls = true;
      continue;
    }
    if (arg.startsWith('--')) {
      const name = longName(arg);
      if (FLAGS.some(([, f]) => f === name)) flag(name);
      else {
        const value = args[++i];
        if (value === undefined) throw new CurlExit(2, `curl: option ${arg}: requires parameter\n${TRY}`);
        valued(name, value, arg);
      }
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k]!;
      const known = FLAGS.find(([l]) => l === letter);
      if (known) {
        if (NOT_MODELLED.has(known[1])) throw unknown(arg);
        flag(known[1]);
        continue;
      }
      const takes = WITH_VALUE.find(([l]) => l === letter);
      if (!takes || NOT_MODELLED.has(takes[1])) throw unknown(arg);
      const value = arg.slice(k + 1) || args[++i];
      if (value === undefined) throw new CurlExit(2, `curl: option ${arg}: requires parameter\n${TRY}`);
      valued(takes[1], value, arg);
      break;
    }
  }
  return special ?? o;

  function flag(name: string): void {
    switch (name) {
      case 'ipv4': o.family = 4; break;
      case 'ipv6': o.family = 6; break;
      case 'silent': o.silent = true; break;
      case 'show-error': o.showError = true; break;
      case 'verbose': o.verbose++; break;
      case 'include': o.include = true; break;
      case 'head': o.head = true; break;
      case 'insecure': o.insecure = true; break;
      case 'location': o.location = true; break;
      case 'fail': o.fail = true; break;
      case 'fail-with-body': o.failWithBody = true; break;
      case 'remote-name': o.remoteName = true; break;
      case 'get': o.get = true; break;
      case 'progress-bar': o.progressBar = true; break;
      case 'no-progress-meter': o.noMeter = true; break;
      case 'http1.0': o.http10 = true; break;
      case 'version': special = 'version'; break;
      case 'help': special = 'help'; break;
      default: break; // -4, -N, -g, -q, --http1.1 … change nothing here
    }
  }

  function valued(name: string, value: string, arg: string): void {
    const seconds = () => {
      if (!/^\d+(\.\d*)?$|^\.\d+$/.test(value)) throw new CurlExit(2, `curl: option ${arg}: expected a proper numerical parameter\n${TRY}`);
      return Math.round(Number(value) * SECOND);
    };
    const add = (text: string) => (o.data = o.data === undefined ? text : `${o.data}&${text}`);
    switch (name) {
      case 'output': o.output.push(value); break;
      case 'write-out': o.writeOut = value.startsWith('@') ? read(p, value.slice(1), arg) : value; break;
      case 'max-time': o.maxTime = seconds(); break;
      case 'connect-timeout': o.connectTimeout = seconds(); break;
      case 'request': o.method = value; break;
      case 'data': add(value.startsWith('@') ? read(p, value.slice(1), arg).replace(/[\r\n]/g, '') : value); break;
      case 'data-raw': add(value); break;
      case 'data-binary': add(value.startsWith('@') ? read(p, value.slice(1), arg) : value); break;
      case 'data-urlencode': add(/^[^=]*=/.test(value) ? value.replace(/=(.*)$/s, (_, v: string) => `=${encodeURIComponent(v)}`) : encodeURIComponent(value)); break;
      case 'json':
        add(value.startsWith('@') ? read(p, value.slice(1), arg) : value);
        o.headers.push('Content-Type: application/json', 'Accept: application/json');
        break;
      case 'header': o.headers.push(...(value.startsWith('@') ? read(p, value.slice(1), arg).split('\n').filter(Boolean) : [value])); break;
      case 'user-agent': o.agent = value; break;
      case 'user': o.user = value; break;
      case 'oauth2-bearer': o.bearer = value; break;
      case 'cacert': o.cacert = value; break;
      case 'cert': o.cert = value; break;
      case 'cookie': o.cookie = value; break;
      case 'referer': o.referer = value; break;
      case 'resolve': o.resolve.push(value); break;
      case 'interface': o.local = value; break;
      case 'retry': o.retries = Number(value); break;
      case 'url': o.urls.push(value); break;
      default: break; // --key goes with --cert; --noproxy, --retry-delay, --max-redirs, --capath change nothing here
    }
  }
}

function longName(arg: string): string {
  const name = arg.slice(2);
  const all = [...FLAGS, ...WITH_VALUE].map(([, n]) => n);
  const exact = all.find((n) => n === name || `no-${n}` === name);
  if (exact && !NOT_MODELLED.has(exact)) return exact === name ? name : 'no-keepalive';
  const candidates = all.filter((n) => n.startsWith(name) && !NOT_MODELLED.has(n));
  if (exact || candidates.length === 0) throw unknown(arg);
  if (candidates.length > 1) throw new CurlExit(2, `curl: option ${arg}: is ambiguous\n${TRY}`);
  return candidates[0]!;
}

function unknown(arg: string): CurlExit {
  return new CurlExit(2, `curl: option ${arg}: is unknown\n${TRY}`);
}

function read(p: Process, path: string, arg: string): string {
  try {
    return p.fs.readFile(path, p.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CurlExit(26, `curl: option ${arg}: error encountered when reading a file\n${TRY}`);
  }
}
