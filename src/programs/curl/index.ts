import { FileError, resolve } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { CurlExit, parseOptions, type Options } from './options.ts';
import { Progress } from './progress.ts';
import { transfer, type Facts, type Output } from './transfer.ts';
import { glob, parseUrl } from './url.ts';

const VERSION = `curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.20 zlib/1.2.13 brotli/1.0.9 zstd/1.5.4 libidn2/2.3.3 libpsl/0.21.2 (+libidn2/2.3.3) libssh2/1.10.0 nghttp2/1.52.0 librtmp/2.3 OpenLDAP/2.5.13
Release-Date: 2023-02-20, security patched: 7.88.1-10+deb12u8
Protocols: dict file ftp ftps gopher gophers http https imap imaps ldap ldaps mqtt pop3 pop3s rtmp rtsp scp sftp smb smbs smtp smtps telnet tftp
Features: alt-svc AsynchDNS brotli GSS-API HSTS HTTP2 HTTPS-proxy IDN IPv6 Kerberos Largefile libz NTLM NTLM_WB PSL SPNEGO SSL threadsafe TLS-SRP UnixSockets zstd
`;
const HELP = `Usage: curl [options...] <url>
 -d, --data <data>          HTTP POST data
 -f, --fail                 Fail fast with no output on HTTP errors
 -h, --help <category>      Get help for commands
 -i, --include              Include protocol response headers in the output
 -o, --output <file>        Write to file instead of stdout
 -O, --remote-name          Write output to a file named as the remote file
 -s, --silent               Silent mode
 -T, --upload-file <file>   Transfer local FILE to destination
 -u, --user <user:password> Server user and password
 -A, --user-agent <name>    Send User-Agent <name> to server
 -v, --verbose              Make the operation more talkative
 -V, --version              Show version number and quit

This is not the full help, this menu is stripped into categories.
Use "--help category" to get an overview of all categories.
For all options use the manual or "--help all".
`;
const MAX_REDIRECTS = 50;

/** curl(1) 7.88 over HTTP and HTTPS (1.1). */
export const main: Program = async (p) => {
  try {
    const o = parseOptions(p);
    if (typeof o === 'string') {
      p.out(o === 'version' ? VERSION : HELP);
      return 0;
    }
    if (o.urls.length === 0) throw new CurlExit(2, "curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information\n");
    let code = 0, first = true;
    for (const [i, url] of o.urls.flatMap(glob).entries()) {
      code = await one(p, o, url, i, first);
      first = false;
    }
    return code;
  } catch (error) {
    if (!(error instanceof CurlExit)) throw error;
    p.err(error.message);
    return error.code;
  }
};

async function one(p: Process, o: Options, url: string, index: number, first: boolean): Promise<number> {
  const path = o.output[index] ?? (o.remoteName ? (url.split(/[?#]/)[0]!.split('/').at(-1) || undefined) : undefined);
  const toFile = path !== undefined && path !== '-';
  const tty = !toFile && p.stdout.isTTY;
  const progress = new Progress(p, !o.silent && !o.noMeter && !tty, first);
  let created = false;
  const out: Output = {
    tty,
    write: (text) => {
      if (!toFile) return void p.out(text);
      p.fs.writeFile(resolve(path, p.cwd), text, { append: created });
      created = true;
    },
  };
  const written = o.writeOut ? (await import('./write-out.ts')).writeOut : undefined;
  const facts: Facts = { began: p.now, ended: p.now, size: 0, url, redirects: 0 };
  const fail = (error: CurlExit) => {
    // A name that is not found ends it before the meter's last line.
    if (error.code === 6 || error.code === 3 || error.code === 1) progress.stop();
    else progress.done();
    if (o.verbose > 0 && error.code !== 6) p.err(`* Closing connection ${error.code === 3 ? -1 : 0}\n`);
    if (written) p.out(written(o.writeOut!, facts, error.code));
    if (!o.silent || o.showError) p.err(error.message);
    return error.code;
  };
  try {
    for (let attempt = 0; ; ) {
      const parsed = parseUrl(facts.url);
      if (attempt === 0 && facts.redirects === 0) progress.start();
      let response;
      try {
        response = await transfer(p, o, parsed, out, progress, facts);
      } catch (error) {
        if (!(error instanceof CurlExit) || attempt >= o.retries || error.code === 7) throw error;
        await p.sleep(2 ** attempt++ * SECOND);
        continue;
      }
      const location = response?.headers['location'];
      if (o.location && response && location && response.status >= 300 && response.status < 400) {
        if (++facts.redirects > MAX_REDIRECTS) throw new CurlExit(47, `curl: (47) Maximum (${MAX_REDIRECTS}) redirects followed\n`);
        const base = `${parsed.scheme}://${parsed.host}${parsed.explicitPort ? `:${parsed.port}` : ''}`;
        facts.url = /^\w+:/.test(location) ? location : location.startsWith('/') ? base + location : `${base}${parsed.path.replace(/[^/]*$/, '')}${location}`;
        continue;
      }
      const failed = (o.fail || o.failWithBody) && response && response.status >= 400;
      if (failed) throw new CurlExit(22, `curl: (22) The requested URL returned error: ${response!.status}\n`);
      progress.done();
      if (o.verbose > 0) p.err(`* Connection #0 to host ${parsed.host} left intact\n`);
      if (written) p.out(written(o.writeOut!, facts, 0));
      return 0;
    }
  } catch (error) {
    if (error instanceof CurlExit) return fail(error);
    if (error instanceof FileError) return fail(new CurlExit(23, `Warning: Failed to open the file ${path}: ${error.message}\ncurl: (23) Failure writing output to destination\n`));
    throw error;
  } finally {
    progress.stop();
  }
}
