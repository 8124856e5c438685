import type { DnsMessage } from '../../../linux/net/dns-message.ts';
import type { Process } from '../../../linux/process.ts';
import type { Micros } from '../../../sim/clock.ts';
import { CorefileError, type Directive, reverseZone } from './corefile.ts';
import type { Metrics } from './metrics.ts';

/** A query on its way through the plugins of a server block, and back. */
export interface Request {
  query: DnsMessage;
  /** IP:PORT */
  from: string;
  protocol: string;
  began: Micros;
  /** Said by whoever fails, for the errors plugin. */
  error?: string;
}
export type Reply = (message: DnsMessage) => void;
export type Handler = (request: Request, reply: Reply) => void;

/** What a plugin is set up with. */
export interface Setup {
  process: Process;
  /** Of its server block. */
  zones: readonly string[];
  server: string;
  directive: Directive;
  metrics: Metrics;
  /** Called when the configuration is in force, and when it is given up. */
  onStart(run: () => void): void;
  onStop(run: () => void): void;
  /** Throws: `plugin/NAME: …`. */
  fail(why: string, line?: number): never;
}

/** Makes a plugin's handler in front of the next one. Throws CorefileError. */
export type Plugin = (setup: Setup) => (next: Handler) => Handler;

export function failure(directive: Directive): Setup['fail'] {
  return (why, line) => {
    throw new CorefileError(`plugin/${directive.name}: ${line === undefined ? why : `${directive.file}:${line} - Error during parsing: ${why}`}`);
  };
}

/** An answer to the query: what it says, and what must be the same as in the question. */
export function answer(query: DnsMessage, fields: Partial<DnsMessage>): DnsMessage {
  const { cookie: _, ...plain } = query;
  return { ...plain, response: true, authoritative: true, recursionAvailable: false, additional: [], authority: [], answer: [], ...fields, ...(query.edns === undefined ? {} : { edns: Math.min(query.edns, 1232) }) };
}

/** The end of every chain: a server failure. */
export const nobody = (name: string): Handler => (request, reply) => {
  request.error = `plugin/${name}: no next plugin found`;
  reply(answer(request.query, { rcode: 'SERVFAIL', authoritative: false }));
};

export const absolute = (name: string): string => name.toLowerCase().replace(/\.?$/, '.');
export const within = (name: string, zone: string): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`);

/** Zones that a directive names, or those of its server block. */
export function zonesOf(args: readonly string[], { zones }: Setup): string[] {
  return args.length === 0 ? [...zones] : args.map((z) => reverseZone(absolute(z)));
}

/** `fallthrough [ZONE…]` as a test of names; nothing falls through without it. */
export function fallthrough({ directive }: Setup): (name: string) => boolean {
  const found = directive.block.find((b) => b.words[0] === 'fallthrough');
  if (!found) return () => false;
  const zones = found.words.slice(1).map((z) => reverseZone(absolute(z)));
  return (name) => zones.length === 0 || zones.some((z) => within(absolute(name), z));
}
