import { resolve as lookup } from '../../linux/net/dns.ts';
import { HttpError, httpRequest, type HttpResponse } from '../../linux/net/http.ts';
import { PUBLIC_AUTHORITIES } from '../../linux/net/authorities.ts';
import { byteLength, resolve } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';

interface Options {
  url: string;
  quiet: boolean;
  output: string | undefined;
  timeout: number;
  tries: number;
  spider: boolean;
  post: string | undefined;
  headers: Record<string, string>;
  showHeaders: boolean;
}

export const main: Program = (p) => wget(p, false);

/** wget: GNU's 1.21, or BusyBox's; HTTP only. */
export async function wget(p: Process, busybox: boolean): Promise<number> {
  const o = parse(p, busybox);
  if (typeof o === 'number') return o;
  const [, scheme, host = '', port, path = '/'] = /^(?:(https?):\/\/)?([^/:]+)(?::(\d+))?(\/.*)?$/.exec(o.url) ?? [];
  const tls = scheme === 'https';
  const at = { host, port: Number(port ?? (tls ? 443 : 80)) };
  const note = (text: string) => !o.quiet && p.err(text);
  if (!busybox) note(`--${stamp(p)}--  ${scheme ? o.url : `http://${o.url}`}${/^(?:\w+:\/\/)?[^/]+$/.test(o.url) ? '/' : ''}\n`);
  const found = await lookup(p, host);
  if (typeof found === 'string') {
    p.err(busybox ? `wget: bad address '${host}'\n` : o.quiet ? '' : `Resolving ${host} (${host})... failed: ${found === 'ENOTFOUND' ? 'Name or service not known' : 'Temporary failure in name resolution'}.\nwget: unable to resolve host address ‘${host}’\n`);
    return busybox ? 1 : 4;
  }
  const ip = found.addresses[0]!;
  if (busybox) note(`Connecting to ${host}${port ? `:${port}` : ''} (${ip}:${at.port})\n`);
  else note(`${ip === host ? '' : `Resolving ${host} (${host})... ${found.addresses.join(', ')}\n`}Connecting to ${host} (${host})${ip === host ? '' : `|${ip}|`}:${at.port}... `.replace(`${host} (${host}):`, `${host}:`));
  let response: HttpResponse;
  try {
    response = await httpRequest(p, {
      method: o.spider ? 'HEAD' : o.post === undefined ? 'GET' : 'POST', ip, port: at.port, path, host: port ? `${host}:${port}` : host, ...(tls ? { tls: { serverName: host, ca: PUBLIC_AUTHORITIES } } : {}),
      headers: { Host: port ? `${host}:${port}` : host, 'User-Agent': busybox ? 'Wget' : 'Wget/1.21.3', ...(busybox ? { Connection: 'close' } : { Accept: '*/*', 'Accept-Encoding': 'identity', Connection: 'Keep-Alive' }), ...o.headers },
      ...(o.post === undefined ? {} : { body: o.post }), timeout: o.timeout * SECOND,
      onConnected: () => !busybox && note('connected.\nHTTP request sent, awaiting response... '),
    });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return failed(p, o, error, ip, busybox);
  }
  if (o.showHeaders && !o.quiet) p.err(`  HTTP/1.1 ${response.status} ${response.reason}\n${response.rawHeaders.map(([k, v]) => `  ${k}: ${v}\n`).join('')}  \n`);
  if (!busybox) note(`${response.status} ${response.reason}\n`);
  if (response.status >= 400) {
    if (busybox) p.err(`wget: server returned error: HTTP/1.1 ${response.status} ${response.reason}\n`);
    else note(`${stamp(p)} ERROR ${response.status}: ${response.reason}.\n\n`);
    return busybox ? 1 : 8;
  }
  if (o.spider) {
    note(busybox ? 'remote file exists\n' : 'Remote file exists.\n\n');
    return 0;
  }
  const size = byteLength(response.body);
  const name = o.output ?? (path.split('?')[0]!.split('/').at(-1) || 'index.html');
  if (!busybox) note(`Length: ${size} [${response.headers['content-type']?.split(';')[0] ?? 'text/html'}]\nSaving to: ‘${name === '-' ? 'STDOUT' : name}’\n\n`);
  if (name === '-') p.out(response.body);
  else p.fs.writeFile(resolve(name, p.cwd), response.body);
  if (busybox) note(name === '-' ? `-                    100% |********************************| ${String(size).padStart(5)}  0:00:00 ETA\nwritten to stdout\n` : `saving to '${name}'\n${name.padEnd(20)} 100% |********************************| ${String(size).padStart(5)}  0:00:00 ETA\n'${name}' saved\n`);
  else note(`\n     0K                                                       100% ${`${size}K`.slice(0, 5)}=0s\n\n${stamp(p)} (${(size / 1024).toFixed(1)} KB/s) - ${name === '-' ? 'written to stdout' : `‘${name}’ saved`} [${size}/${size}]\n\n`);
  return 0;
};

function failed(p: Process, o: Options, error: HttpError, ip: string, busybox: boolean): number {
  const texts: Record<string, string> = { ECONNREFUSED: 'Connection refused', ETIMEDOUT: 'Connection timed out', EHOSTUNREACH: 'No route to host', ENETUNREACH: 'Network is unreachable', ECONNRESET: 'Connection reset by peer' };
  if (busybox) {
    p.err(error.code === 'TIMEOUT' ? 'wget: download timed out\n' : error.phase === 'connect' ? `wget: can't connect to remote host (${ip}): ${texts[error.code] ?? error.code}\n` : 'wget: error getting response\n');
    return 1;
  }
  if (!o.quiet) p.err(error.phase === 'connect' ? `failed: ${texts[error.code] ?? (error.code === 'TIMEOUT' ? 'Connection timed out' : error.code)}.\n${error.code === 'TIMEOUT' && o.tries === 1 ? 'Giving up.\n\n' : ''}` : 'No data received.\nGiving up.\n\n');
  return 4;
}

function parse(p: Process, busybox: boolean): Options | number {
  const o: Options = { url: '', quiet: false, output: undefined, timeout: 900, tries: 20, spider: false, post: undefined, headers: {}, showHeaders: false };
  const args = p.args;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [, long, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
    if (long === 'spider') o.spider = true;
    else if (long === 'quiet') o.quiet = true;
    else if (long === 'timeout') o.timeout = Number(value ?? args[++i]);
    else if (long === 'tries') o.tries = Number(value ?? args[++i]);
    else if (long === 'output-document') o.output = value ?? args[++i];
    else if (long === 'post-data') o.post = value ?? args[++i];
    else if (long === 'server-response') o.showHeaders = true;
    else if (long === 'header') {
      const [k = '', v = ''] = (value ?? args[++i] ?? '').split(/:\s*(.*)/s);
      o.headers[k] = v;
    } else if (long === 'no-verbose' || long === 'no-check-certificate') continue;
    else if (long !== undefined) {
      p.err(`wget: unrecognized option '${arg}'\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.\n`);
      return busybox ? 1 : 2;
    } else if (!arg.startsWith('-')) o.url = arg;
    else
      for (let k = 1; k < arg.length; k++) {
        const letter = arg[k]!;
        if (letter === 'q') o.quiet = true;
        else if (letter === 'S') o.showHeaders = true;
        else if ('cnvd4'.includes(letter)) continue;
        else if ('OTtPU'.includes(letter)) {
          const given = arg.slice(k + 1) || args[++i];
          if (letter === 'O') o.output = given;
          else if (letter === 'T') o.timeout = Number(given);
          else if (letter === 't') o.tries = Number(given);
          break;
        } else {
          p.err(`wget: invalid option -- '${letter}'\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.\n`);
          return busybox ? 1 : 2;
        }
      }
  }
  if (o.url === '') {
    p.err(busybox ? 'BusyBox v1.36.1 multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n' : "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
    return busybox ? 1 : 1;
  }
  return o;
}

function stamp(p: Process): string {
  return new Date(p.now / 1000).toISOString().slice(0, 19).replace('T', ' ');
}
