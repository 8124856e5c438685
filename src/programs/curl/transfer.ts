import { ipv6Of } from '../../linux/net/shared.ts';
import { resolve as lookupName } from '../../linux/net/dns.ts';
import { HttpError, httpRequest, type HttpResponse, type Certificate, type TlsClientOptions } from '../../linux/net/http.ts';
import { PUBLIC_AUTHORITIES } from '../../linux/net/authorities.ts';
import { parseIpv4 } from '../../linux/net/addresses.ts';
import { byteLength, FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { readCertificate } from '../../kubernetes/runtime/pki.ts';
import { CurlExit, type Options } from './options.ts';
import type { Progress } from './progress.ts';
import type { Url } from './url.ts';

/** What -w can ask about. */
export interface Facts {
  response?: HttpResponse | undefined;
  began: Micros;
  connected?: Micros;
  resolved?: Micros;
  tls?: Micros;
  /** When the first address was tried. */
  tried?: Micros;
  firstByte?: Micros;
  ended: Micros;
  size: number;
  url: string;
  redirects: number;
}

export interface Output {
  write(text: string): void;
  /** Whether it is a terminal: verbose then leaves out `{ [90 bytes data]`. */
  tty: boolean;
}

/** One request. `left`: addresses that are left to try. Reports what -v shows as it happens; throws CurlExit with the message of the error. */
export async function transfer(p: Process, o: Options, url: Url, out: Output, progress: Progress, facts: Facts, left?: string[]): Promise<HttpResponse | undefined> {
  const verbose = (text: string) => o.verbose > 0 && p.err(text);
  const note = (text: string) => verbose(`* ${text}\n`);
  const data = (sign: '{' | '}', bytes: number) => !out.tty && verbose(`${sign} [${bytes} bytes data]\n`);
  const began = facts.tried ??= p.now;
  const [ip = '', ...others] = left ?? (await addressesOf(p, o, url, note));
  facts.resolved ??= p.now;
  if (ip.includes(':')) await ipv6Of(p.net);
  note(`  Trying ${ip.includes(':') ? `[${ip}]` : ip}:${url.port}...`);
  if (url.scheme === 'telnet') {
    try {
      const { telnet } = await import('./telnet.ts');
      await telnet(p, o, { ip, port: url.port }, out, { began, connected: () => note(`Connected to ${url.host} (${ip}) port ${url.port} (#0)`) });
      return undefined;
    } catch (error) {
      if (error instanceof CurlExit) note(error.message.replace(/^curl: \(\d+\) |\n$/g, ''));
      throw error instanceof HttpError ? explain(o, url, ip, error, p.now - began, note, data) : error;
    } finally {
      facts.ended = p.now;
    }
  }
  const body = o.data !== undefined && !o.get && !o.head ? o.data : undefined;
  const { method, target, headers } = request(o, url, body);
  const https = url.scheme === 'https';
  let traced = false;
  const attempted = p.now;
  try {
    const response = await httpRequest(p, {
      method, ip, port: url.port, path: target, host: url.host, headers, ...(body === undefined ? {} : { body }),
      ...(https ? { tls: trust(p, o, url) } : {}),
      ...(o.maxTime ? { timeout: Math.max(1, o.maxTime - (began - facts.began)) } : {}),
      connectTimeout: o.connectTimeout,
      ...(o.local ? { bind: { ip: parseIpv4(o.local) === undefined ? (p.net.link(o.local)?.addresses[0] ? textOf(p, o.local) : o.local) : o.local } } : {}),
      onConnected: (stream) => {
        facts.connected = p.now;
        note(`Connected to ${url.host} (${ip}) port ${url.port} (#0)`);
        if (stream.tls) handshake(o, note, data, stream.tls.peer);
        const lines = [`${method} ${target} HTTP/1.1`, ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`), ''];
        for (const line of lines) verbose(`> ${line}\r\n`);
        if (body !== undefined) data('}', byteLength(body));
      },
      onHead: (response) => {
        facts.firstByte = p.now;
        facts.response = response;
        const head = [`HTTP/1.1 ${response.status} ${response.reason}`, ...response.rawHeaders.map(([k, v]) => `${k}: ${v}`), ''];
        for (const line of head) verbose(`< ${line}\r\n`);
        if (o.include || o.head) out.write(head.map((l) => `${l}\r\n`).join(''));
        progress.expected = Number(response.headers['content-length'] ?? 0);
        if (o.head) progress.expected = 0;
      },
      onChunk: (text) => {
        progress.received += byteLength(text);
        facts.size += byteLength(text);
        if (!traced) data('{', byteLength(text));
        traced = true;
        if (!(o.fail && (facts.response?.status ?? 0) >= 400)) out.write(text);
      },
    });
    facts.ended = p.now;
    facts.response = response;
    return response;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (others.length > 0 && error.phase === 'connect' && REFUSED.has(error.code)) {
      note(refusal(ip, url, error, p.now - attempted));
      return transfer(p, o, url, out, progress, facts, others);
    }
    facts.ended = p.now;
    throw explain(o, url, ip, error, p.now - began, note, data);
  }
}

function textOf(p: Process, dev: string): string {
  const a = p.net.link(dev)!.addresses[0]!;
  return [24, 16, 8, 0].map((s) => (a.ip >>> s) & 255).join('.');
}

/** Where to connect, in the order in which it is tried. */
async function addressesOf(p: Process, o: Options, url: Url, note: (text: string) => void): Promise<string[]> {
  const six = url.host.includes(':');
  if (six || parseIpv4(url.host) !== undefined) {
    if (o.family !== 0 && (o.family === 6) !== six) throw new CurlExit(7, "curl: (7) Couldn't connect to server\n");
    return [url.host];
  }
  const fixed = o.resolve.map((r) => r.split(':')).find(([host, port]) => host === url.host && Number(port) === url.port);
  if (fixed) return [fixed[2]!];
  // RFC 6761: nobody is asked for it.
  if (url.host.toLowerCase() === 'localhost') return ['127.0.0.1', '::1'].filter((ip) => o.family === 0 || (o.family === 6) === ip.includes(':'));
  const found = await lookupName(p, url.host, o.family);
  if (typeof found !== 'string') return found.addresses;
  note(`Could not resolve host: ${url.host}`);
  note('Closing connection 0');
  throw new CurlExit(6, `curl: (6) Could not resolve host: ${url.host}\n`);
}

/** The request's line and headers, in curl's order; -H replaces, removes (`Name:`) and adds. */
function request(o: Options, url: Url, body: string | undefined): { method: string; target: string; headers: Record<string, string> } {
  const method = o.method ?? (o.head ? 'HEAD' : body === undefined ? 'GET' : 'POST');
  const target = o.get && o.data !== undefined ? `${url.path}${url.path.includes('?') ? '&' : '?'}${o.data}` : url.path;
  const user = o.user ?? url.user;
  const headers = new Map<string, string>([
    ['Host', `${url.host.includes(':') ? `[${url.host}]` : url.host}${url.explicitPort ? `:${url.port}` : ''}`],
    ...(user === undefined ? [] : [['Authorization', `Basic ${base64(user.includes(':') ? user : `${user}:`)}`] as const]),
    ...(o.bearer === undefined ? [] : [['Authorization', `Bearer ${o.bearer}`] as const]),
    ['User-Agent', o.agent],
    ['Accept', '*/*'],
    ...(o.referer === undefined ? [] : [['Referer', o.referer] as const]),
    ...(o.cookie === undefined ? [] : [['Cookie', o.cookie] as const]),
  ]);
  for (const h of o.headers) {
    const [, name = '', colon, value = ''] = /^([^:;]+)([:;])\s*(.*)$/.exec(h) ?? [];
    const same = [...headers.keys()].find((k) => k.toLowerCase() === name.toLowerCase());
    if (value === '' && colon === ':') headers.delete(same ?? name);
    else if (colon) headers.set(same ?? name, value);
  }
  if (body !== undefined) {
    headers.set('Content-Length', String(byteLength(body)));
    if (![...headers.keys()].some((k) => k.toLowerCase() === 'content-type')) headers.set('Content-Type', 'application/x-www-form-urlencoded');
  }
  return { method, target, headers: Object.fromEntries(headers) };
}

/** What -k, --cacert and --cert say about trust. The system's authorities know none of the simulated ones. */
function trust(p: Process, o: Options, url: Url): TlsClientOptions {
  const certificate = (path: string, code: number, say: string): Certificate | undefined => {
    try {
      return readCertificate(p.fs.readFile(path, p.cwd));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new CurlExit(code, `curl: (${code}) ${say}\n`);
    }
  };
  const ca = o.cacert ? certificate(o.cacert, 77, `error setting certificate file: ${o.cacert}`) : undefined;
  const cert = o.cert ? certificate(o.cert, 58, `could not load PEM client certificate, OpenSSL error error:80000002:system library::No such file or directory, (no key found, wrong pass phrase, or wrong file format?)`) : undefined;
  return { serverName: url.host, insecure: o.insecure, ...(ca ? { ca: [ca.cn] } : { ca: PUBLIC_AUTHORITIES }), ...(cert ? { cert } : {}), alpn: ['http/1.1'] };
}

type Data = (sign: '{' | '}', bytes: number) => unknown;

function handshake(o: Options, note: (text: string) => void, data: Data, peer: Certificate | undefined): void {
  hello(o, note, data);
  serverFlight(note, data);
  note('TLSv1.3 (IN), TLS handshake, CERT verify (15):');
  data('{', 264);
  note('TLSv1.3 (IN), TLS handshake, Finished (20):');
  data('{', 36);
  note('TLSv1.3 (OUT), TLS change cipher, Change cipher spec (1):');
  data('}', 1);
  note('TLSv1.3 (OUT), TLS handshake, Finished (20):');
  data('}', 36);
  note('SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256');
  note('ALPN: server accepted http/1.1');
  note('Server certificate:');
  note(` subject: CN=${peer?.cn ?? ''}`);
  note(` issuer: CN=${peer?.ca ?? ''}`);
  note(o.insecure ? ' SSL certificate verify result: unable to get local issuer certificate (20), continuing anyway.' : ' SSL certificate verify ok.');
  note('using HTTP/1.1');
}

function hello(o: Options, note: (text: string) => void, data: Data): void {
  note('ALPN: offers h2,http/1.1');
  data('}', 5);
  note('TLSv1.3 (OUT), TLS handshake, Client hello (1):');
  data('}', 512);
  if (o.insecure) return;
  note(` CAfile: ${o.cacert ?? '/etc/ssl/certs/ca-certificates.crt'}`);
  note(` CApath: ${o.cacert ? 'none' : '/etc/ssl/certs'}`);
}

function serverFlight(note: (text: string) => void, data: Data): void {
  data('{', 5);
  note('TLSv1.3 (IN), TLS handshake, Server hello (2):');
  data('{', 122);
  note('TLSv1.3 (IN), TLS handshake, Encrypted Extensions (8):');
  data('{', 15);
  note('TLSv1.3 (IN), TLS handshake, Request CERT (13):');
  data('{', 124);
  note('TLSv1.3 (IN), TLS handshake, Certificate (11):');
  data('{', 933);
}

const REFUSED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EINVAL', 'EPERM', 'EADDRNOTAVAIL', 'ENETDOWN', 'ETIMEDOUT']);

/** Why a connection came to nothing: known at once, or told by somebody. */
function refusal(ip: string, url: Url, error: HttpError, took: Micros): string {
  return `${took === 0 ? `Immediate connect fail for ${ip}` : `connect to ${ip} port ${url.port} failed`}: ${CONNECT_TEXT[error.code] ?? error.code}`;
}

/** Turns a failed request into curl's exit code and message. */
function explain(o: Options, url: Url, ip: string, error: HttpError, took: Micros, note: (text: string) => void, data: Data): CurlExit {
  const ms = Math.floor(took / 1000);
  const exit = (code: number, message: string) => {
    note(message);
    return new CurlExit(code, `curl: (${code}) ${message}\n`);
  };
  if (error.code === 'TIMEOUT') {
    const during = error.phase === 'connect' || error.phase === 'resolve' ? 'Connection' : error.phase === 'tls' ? 'SSL connection timeout' : undefined;
    if (during === 'SSL connection timeout') return exit(28, during);
    return exit(28, during ? `Connection timed out after ${ms} milliseconds` : `Operation timed out after ${ms} milliseconds with ${0} bytes received`);
  }
  if (error.phase === 'connect' && REFUSED.has(error.code)) {
    note(refusal(ip, url, error, took));
    return exit(error.code === 'ETIMEDOUT' ? 28 : 7, `Failed to connect to ${url.host} port ${url.port} after ${ms} ms: Couldn't connect to server`);
  }
  if (error.tls) {
    note(`Connected to ${url.host} (${ip}) port ${url.port} (#0)`);
    hello(o, note, data);
    if (error.tls.reason === 'not-tls') {
      data('{', 5);
      const text = 'OpenSSL/3.0.20: error:0A00010B:SSL routines::wrong version number';
      note(text);
      return new CurlExit(35, `curl: (35) ${text}\n`);
    }
    serverFlight(note, data);
    note('TLSv1.3 (OUT), TLS alert, unknown CA (560):');
    data('}', 2);
    const text = error.tls.reason === 'name-mismatch' ? `SSL: no alternative certificate subject name matches target host name '${url.host}'` : `SSL certificate problem: ${error.tls.reason === 'expired' ? 'certificate has expired' : 'unable to get local issuer certificate'}`;
    note(text);
    return new CurlExit(60, `curl: (60) ${text}\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.\n`);
  }
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return exit(56, 'Recv failure: Connection reset by peer');
  if (error.code === 'EMPTY') return exit(52, 'Empty reply from server');
  if (error.code === 'BAD') return exit(1, 'Received HTTP/0.9 when not allowed');
  if (error.code === 'TRUNCATED') return exit(18, 'transfer closed with outstanding read data remaining');
  return exit(7, `Failed to connect to ${url.host} port ${url.port} after ${ms} ms: Couldn't connect to server`);
}
const CONNECT_TEXT: Record<string, string> = { ECONNREFUSED: 'Connection refused', EHOSTUNREACH: 'No route to host', ENETUNREACH: 'Network is unreachable', ETIMEDOUT: 'Connection timed out', EACCES: 'Permission denied', EINVAL: 'Invalid argument', EPERM: 'Operation not permitted', EADDRNOTAVAIL: 'Cannot assign requested address', ENETDOWN: 'Network is down' };

/** Standard base64 of UTF-8. */
function base64(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes = new TextEncoder().encode(text);
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += alphabet[n >> 18]! + alphabet[(n >> 12) & 63]! + (i + 1 < bytes.length ? alphabet[(n >> 6) & 63]! : '=') + (i + 2 < bytes.length ? alphabet[n & 63]! : '=');
  }
  return out;
}
