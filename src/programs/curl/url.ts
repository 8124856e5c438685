import { CurlExit } from './options.ts';

export interface Url {
  scheme: 'http' | 'https' | 'telnet';
  host: string;
  port: number;
  /** Whether the port was written in the URL. */
  explicitPort: boolean;
  user: string | undefined;
  /** Path and query. */
  path: string;
}

const PORTS = { http: 80, https: 443, telnet: 23 };
const BAD = 'URL using bad/illegal format or missing URL';

/** Throws CurlExit 3 for a malformed URL and 1 for a protocol that is not there. */
export function parseUrl(text: string): Url {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  const lower = scheme.toLowerCase();
  if (lower !== 'http' && lower !== 'https' && lower !== 'telnet') throw new CurlExit(1, `curl: (1) Protocol "${lower}" not supported or disabled in libcurl\n`);
  const [, authority = '', tail = ''] = /^([^/?#]*)([^#]*)/.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? undefined : decodeURIComponent(authority.slice(0, at));
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority.slice(at + 1)) ?? [];
  if (host === '' || /[\s\\]/.test(host) || (host.startsWith('[') && !host.endsWith(']'))) throw new CurlExit(3, `curl: (3) ${BAD}\n`);
  if (port !== undefined && port !== '' && (!/^\d+$/.test(port) || Number(port) > 65535 || Number(port) === 0)) throw new CurlExit(3, `curl: (3) ${BAD}\n`);
  if (/[\s]/.test(tail)) throw new CurlExit(3, `curl: (3) ${BAD}\n`);
  return { scheme: lower, host: host.replace(/^\[|\]$/g, ''), port: port ? Number(port) : PORTS[lower], explicitPort: Boolean(port) && Number(port) !== PORTS[lower], user, path: tail.startsWith('/') ? tail : `/${tail}` };
}

/** `http://host/[1-3]/{a,b}`: curl's own globbing. */
export function glob(url: string): string[] {
  const [, before, list, after] = /^([^{[]*)\{([^{}]*)\}(.*)$/s.exec(url) ?? [];
  if (list !== undefined) return list.split(',').flatMap((x) => glob(`${before}${x}${after}`));
  const [, head, low, high, rest] = /^([^[]*)\[(\d+)-(\d+)\](.*)$/s.exec(url) ?? [];
  if (low === undefined) {
    const bad = url.indexOf('[');
    if (bad >= 0 && !/\[[0-9a-f:]+\]/i.test(url)) throw new CurlExit(3, `curl: (3) bad range specification in URL position ${bad + 2}:\n${url}\n${' '.repeat(bad + 1)}^\n`);
    return [url];
  }
  const out: string[] = [];
  for (let n = Number(low); n <= Number(high); n++) out.push(...glob(`${head}${n}${rest}`));
  return out;
}
