import type { Facts } from './transfer.ts';

/** Formats -w: %{variables}, %%, \n \r \t. Unknown variables stay as they are, with curl's warning left to the eye. */
export function writeOut(format: string, f: Facts, exit: number): string {
  const seconds = (at: number | undefined) => ((Math.max(0, (at ?? f.began) - f.began)) / 1e6).toFixed(6);
  const r = f.response;
  const total = Math.max(1, f.ended - f.began) / 1e6;
  const values: Record<string, string | number> = {
    http_code: String(r?.status ?? 0).padStart(3, '0'), response_code: String(r?.status ?? 0).padStart(3, '0'), http_version: r ? '1.1' : '0',
    content_type: r?.headers['content-type'] ?? '', remote_ip: r?.remote.ip ?? '', remote_port: r?.remote.port ?? 0, local_ip: r?.local.ip ?? '', local_port: r?.local.port ?? 0,
    size_download: f.size, size_header: r ? r.rawHeaders.reduce((n, [k, v]) => n + k.length + v.length + 4, 17 + r.reason.length) : 0, num_redirects: f.redirects, num_connects: r ? 1 + f.redirects : 0,
    speed_download: Math.floor(f.size / total), time_namelookup: seconds(f.resolved), time_connect: seconds(f.connected), time_appconnect: seconds(r?.tls ? f.connected : undefined),
    time_pretransfer: seconds(f.connected), time_starttransfer: seconds(f.firstByte), time_total: seconds(f.ended), time_redirect: seconds(undefined), url_effective: f.url, url: f.url,
    exitcode: exit, errormsg: '', scheme: f.url.startsWith('https') ? 'HTTPS' : 'HTTP', method: 'GET', redirect_url: absolute(r?.headers['location'], f.url),
  };
  return format.replace(/%\{(\w+)\}|%%|\\([nrt])/g, (all, name: string | undefined, escape: string | undefined) => (name !== undefined ? String(values[name] ?? `%{${name}}`) : escape !== undefined ? { n: '\n', r: '\r', t: '\t' }[escape]! : all === '%%' ? '%' : all));
}

/** Where the answer sends to, as a whole address with a path. */
function absolute(location: string | undefined, from: string): string {
  if (location === undefined) return '';
  const origin = /^\w+:\/\/[^/?#]*/.exec(from)?.[0] ?? '';
  return /^\w+:\/\//.test(location) ? location.replace(/^(\w+:\/\/[^/?#]*)$/, '$1/') : origin + (location.startsWith('/') ? location : `/${location}`);
}
