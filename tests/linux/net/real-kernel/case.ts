/** A network with rules and what is tried in it: built alike in the simulator (simulated.ts) and in real namespaces (real.py). */

export interface Server {
  proto: 'tcp' | 'udp';
  ip: string;
  port: number;
}

export interface Namespace {
  name: string;
  /** Set before there are links. */
  sysctls: Record<string, string>;
  /** Input of `ipset restore` and of `iptables-restore`. */
  sets?: string[];
  rules?: string[];
  servers: Server[];
}

export type Probe =
  | { kind: 'tcp'; from: string; to: string; port: number; sport: number; /** Bytes the client sends. */ size: number; close: 'fin' | 'reset' }
  | { kind: 'udp'; from: string; to: string; port: number; sport: number; size: number; df?: boolean }
  | { kind: 'ping'; from: string; to: string; sport: number; size: number; df?: boolean; ttl?: number };

export interface Case {
  seed: string;
  /** 6: over IPv6 (six.ts). */
  family?: 6;
  namespaces: Namespace[];
  /** Batches of ip(8) or bridge(8), in order; `netns NAME` names another namespace of the case. */
  ip: { ns: string; program?: 'bridge'; lines: string[] }[];
  probes: Probe[];
}

/** What the endpoints saw. */
export interface Verdict {
  result: string;
  server?: { ns: string; peer: string; local: string };
  [more: string]: unknown;
}

export interface ProbeOutcome extends Verdict {
  /** Every IP packet that each namespace saw, as one line each. */
  seen: Record<string, string[]>;
}

export interface Outcome {
  /** What the tools complained of while the network was built. */
  errors: string[];
  probes: ProbeOutcome[];
  /** Output of each of TOOLS in each namespace, afterwards. */
  state: Record<string, Record<string, string>>;
}

export const TOOLS = ['ip -4 addr', 'ip -4 route show table all', 'ip rule', 'ip -4 neigh', 'iptables-save -c', 'conntrack -L', 'ss -Htuna'];

/** How long an answer is waited for, microseconds: less than TCP waits before it sends a SYN or data again. */
export const PATIENCE = 60_000;

/** retrans_time_ms of every link: three unanswered ARP requests fit into PATIENCE. */
export const RETRANS = '10';
