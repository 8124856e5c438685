import type { Process } from '../../linux/process.ts';
import { PUBLIC_AUTHORITIES } from '../../linux/net/authorities.ts';
import { httpRequest } from '../../linux/net/http.ts';
import { KubectlError, UrlError } from './errors.ts';
import { Flags } from './flags.ts';
import { clusterAccess, loadConfig, type ClusterAccess, type KubeConfig } from './kubeconfig.ts';
import { Discovery } from './factory/discovery.ts';
import { logError, logExchange } from './request-log.ts';
import { RestMapper } from './factory/mapper.ts';
import { Rest, type Connect } from './rest.ts';
import { wireError } from './transport.ts';

/** One run of kubectl: its process, and lazily what commands need (cmdutil.Factory and IOStreams). */
export class Kubectl {
  readonly process: Process;
  readonly #connect: Connect;
  #flags = new Flags([]);
  #config: KubeConfig | undefined;
  #access: ClusterAccess | undefined;
  #rest: Rest | undefined;
  #discovery: Discovery | undefined;
  #mapper: RestMapper | undefined;
  #pending: Promise<void> | void = undefined;
  readonly #warned = new Set<string>();
  readonly #cleanup: (() => void)[] = [];

  constructor(process: Process, connect: Connect) {
    this.process = process;
    this.#connect = connect;
  }

  /** The flags of the command, global ones included. */
  use(flags: Flags): void {
    this.#flags = flags;
  }
  get flags(): Flags {
    return this.#flags;
  }

  out(text: string): void {
    if (text !== '') this.#write(this.process.out(text));
  }
  err(text: string): void {
    if (text !== '') this.#write(this.process.err(text));
  }
  /** A warning as the API server's: "Warning: …", each once. */
  warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    const label = this.process.stderr.isTTY ? '\x1b[33;1mWarning:\x1b[0m' : 'Warning:';
    this.err(`${label} ${text}\n`);
  }
  /** A line of klog: E1121 08:33:14.175442     351 memcache.go:265] … */
  klog(level: 'E' | 'W' | 'I', where: string, text: string): void {
    const t = new Date(this.process.now / 1000).toISOString();
    const micros = String(Math.floor(this.process.now % 1e6)).padStart(6, '0');
    this.err(`${level}${t.slice(5, 7)}${t.slice(8, 10)} ${t.slice(11, 19)}.${micros} ${String(this.process.nspid).padStart(7)} ${where}] ${text}\n`);
  }
  /** Waits until what was written has been taken. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) await pending;
  }

  get config(): KubeConfig {
    if (!this.#config) {
      this.#config = loadConfig(this.process, this.#flags);
      if (this.verbosity >= 6) for (const path of new Set(this.#config.origin.values())) this.klog('I', 'loader.go:395', `Config loaded from file:  ${path}`);
    }
    return this.#config;
  }
  get access(): ClusterAccess {
    return (this.#access ??= clusterAccess(this.process, this.#flags, this.config));
  }
  get rest(): Rest {
    return (this.#rest ??= new Rest(this.access, this.#connect(this.process, this.access), {
      warn: (text) => this.warn(text),
      ...(this.verbosity >= 6 ? { log: (exchange) => logExchange((level, where, text) => this.klog(level, where, text), this.verbosity, exchange) } : {}),
    }));
  }
  get discovery(): Discovery {
    return (this.#discovery ??= new Discovery(this));
  }
  get mapper(): RestMapper {
    return (this.#mapper ??= new RestMapper(this, this.discovery));
  }
  get namespace(): string {
    return this.access.namespace;
  }
  /** The user asked for that namespace (-n), so an object of another one is an error. */
  get enforceNamespace(): boolean {
    return this.access.namespaceGiven;
  }
  get verbosity(): number {
    return this.#flags.int('v');
  }
  /** What ends the command. */
  logError(error: Error): void {
    if (this.verbosity >= 4) logError((level, where, text) => this.klog(level, where, text), error);
  }
  get now(): number {
    return this.process.now;
  }

  /** --dry-run; throws for a value that is none. */
  dryRun(): 'none' | 'client' | 'server' {
    const value = this.#flags.string('dry-run') || 'none';
    if (value === 'none' || value === 'client' || value === 'server') return value;
    const deprecated = value === 'unchanged' || /^(1|t|T|true|TRUE|True)$/.test(value);
    if (deprecated) {
      this.klog('W', 'helpers.go:692', value === 'unchanged' ? '--dry-run is deprecated and can be replaced with --dry-run=client.' : '--dry-run=true is deprecated (boolean value) and can be replaced with --dry-run=client.');
      return 'client';
    }
    if (/^(0|f|F|false|FALSE|False)$/.test(value)) {
      this.klog('W', 'helpers.go:698', '--dry-run=false is deprecated (boolean value) and can be replaced with --dry-run=none.');
      return 'none';
    }
    throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }

  /** A document of the web, through the machine's network; throws UrlError. */
  async fetch(url: string): Promise<{ status: number; reason: string; body: string }> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      if (redirects >= 10) throw new UrlError('GET', url, 'stopped after 10 redirects');
      try {
        const response = await httpRequest(this.process, { url: at, timeout: 30e6, ...(at.startsWith('https:') ? { tls: { ca: PUBLIC_AUTHORITIES } } : {}) });
        const to = response.headers['location'];
        if (response.status < 300 || response.status > 399 || to === undefined) return response;
        at = /^https?:/.test(to) ? to : at.replace(/^(https?:\/\/[^/]+).*/, `$1${to}`);
      } catch (error) {
        throw new UrlError('GET', at, wireError(error, this.process, { server: at }).message);
      }
    }
  }

  /** Called when the command ends, however it does. */
  onClose(run: () => void): void {
    this.#cleanup.push(run);
  }
  close(): void {
    for (const run of this.#cleanup.splice(0)) run();
  }

  #write(wait: Promise<void> | void): void {
    if (wait) this.#pending = this.#pending ? this.#pending.then(() => wait) : wait;
  }
}
