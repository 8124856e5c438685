import type { KubeObject } from '../../api/types.ts';

/** The annotations of an Ingress, as far as this controller acts on them (nginx.ingress.kubernetes.io/…), over the ConfigMap's defaults. */
export interface Annotations {
  rewriteTarget: string;
  useRegex: boolean;
  appRoot: string;
  sslRedirect: boolean;
  forceSslRedirect: boolean;
  preserveTrailingSlash: boolean;
  redirect: { code: number; url: string } | undefined;
  fromToWww: boolean;
  /** Bytes; 0 is no limit. */
  bodySize: number;
  /** Seconds. */
  connectTimeout: number;
  readTimeout: number;
  upstreamVhost: string;
  forwardedPrefix: string;
  https: boolean;
  allow: string[];
  deny: string[];
  aliases: string[];
  /** Send to the Service's ClusterIP. */
  serviceUpstream: boolean;
  /** A Service of the same namespace that answers where there are no endpoints. */
  defaultBackend: string;
  cors: boolean;
  accessLog: boolean;
  canary: Canary | undefined;
}

export interface Canary {
  weight: number;
  header: string;
  headerValue: string;
  cookie: string;
}

/** What of the controller's ConfigMap is read. */
export class Settings {
  readonly #data: Readonly<Record<string, string>>;
  constructor(data: Readonly<Record<string, string>> = {}) {
    this.#data = data;
  }
  bool(name: string, otherwise: boolean): boolean {
    return bool(this.#data[name]) ?? otherwise;
  }
  number(name: string, otherwise: number): number {
    const value = Number(this.#data[name] ?? NaN);
    return Number.isInteger(value) ? value : otherwise;
  }
  text(name: string, otherwise: string): string {
    return this.#data[name] ?? otherwise;
  }
  get checksum(): string {
    return JSON.stringify(this.#data);
  }
}

export const PREFIX = 'nginx.ingress.kubernetes.io/';

/** `warn` is told of values that cannot be used. */
export function parseAnnotations(ingress: KubeObject, settings: Settings, warn: (text: string) => void = () => {}): Annotations {
  const all = ingress.metadata.annotations ?? {};
  const text = (name: string) => (all[PREFIX + name] ?? '').trim();
  const flag = (name: string, otherwise: boolean) => bool(all[PREFIX + name]) ?? otherwise;
  const number = (name: string, otherwise: number) => (/^-?\d+$/.test(text(name)) ? Number(text(name)) : otherwise);
  const list = (name: string) => text(name).split(',').map((v) => v.trim()).filter((v) => v !== '');
  return {
    rewriteTarget: text('rewrite-target'), useRegex: flag('use-regex', false), appRoot: appRoot(text('app-root'), warn),
    sslRedirect: flag('ssl-redirect', settings.bool('ssl-redirect', true)), forceSslRedirect: flag('force-ssl-redirect', settings.bool('force-ssl-redirect', false)),
    preserveTrailingSlash: flag('preserve-trailing-slash', settings.bool('preserve-trailing-slash', false)),
    redirect: redirect(text('temporal-redirect'), text('permanent-redirect'), number('permanent-redirect-code', 301)), fromToWww: flag('from-to-www-redirect', false),
    bodySize: byteSize(text('proxy-body-size')) ?? byteSize(settings.text('proxy-body-size', '1m')) ?? 1_048_576,
    connectTimeout: number('proxy-connect-timeout', settings.number('proxy-connect-timeout', 5)), readTimeout: number('proxy-read-timeout', settings.number('proxy-read-timeout', 60)),
    upstreamVhost: text('upstream-vhost'), forwardedPrefix: text('x-forwarded-prefix'), https: /^(HTTPS|GRPCS)$/i.test(text('backend-protocol')),
    allow: [...list('whitelist-source-range'), ...list('allowlist-source-range')], deny: list('denylist-source-range'), aliases: list('server-alias'),
    serviceUpstream: flag('service-upstream', settings.bool('service-upstream', false)), defaultBackend: text('default-backend'), cors: flag('enable-cors', false), accessLog: flag('enable-access-log', true),
    canary: flag('canary', false) ? { weight: number('canary-weight', 0), header: text('canary-by-header').toLowerCase(), headerValue: text('canary-by-header-value'), cookie: text('canary-by-cookie') } : undefined,
  };
}

/** strconv.ParseBool; undefined for what is none. */
function bool(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  return /^(1|t|true)$/i.test(value.trim()) ? true : /^(0|f|false)$/i.test(value.trim()) ? false : undefined;
}

/** nginx's sizes: 8m, 512k, 0. */
function byteSize(value: string): number | undefined {
  const found = /^(\d+)([kmg]?)$/i.exec(value);
  return found ? Number(found[1]) * { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[found[2]!.toLowerCase()]! : undefined;
}

function appRoot(value: string, warn: (text: string) => void): string {
  if (value === '' || /^\/[^\s]*$/.test(value)) return value;
  warn(/^[a-z][a-z0-9+.-]*:/i.test(value) ? `Annotation app-root only allows absolute paths (${value})` : `Annotation app-root contains an invalid value: parse ${JSON.stringify(value)}: invalid URI for request`);
  return '';
}

/** The temporal one goes first; another code than 300-308 is 301. */
function redirect(temporal: string, permanent: string, code: number): Annotations['redirect'] {
  if (temporal.startsWith('http')) return { code: 302, url: temporal };
  return permanent === '' ? undefined : { code: code >= 300 && code <= 308 ? code : 301, url: permanent };
}
