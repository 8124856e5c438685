import { inverse, type Entry, type Tuple, ASSURED, SEEN_REPLY } from '../../linux/net/conntrack/entry.ts';
import { newTrack, TCP_STATES } from '../../linux/net/conntrack/tcp.ts';
import type { Process } from '../../linux/process.ts';
import { eventLine, flow } from './format.ts';
import { HELP } from './help.ts';
import { parseOptions, Usage, type Options } from './options.ts';

const NAME = 'conntrack v1.4.7 (conntrack-tools)';
const DENIED = `${NAME}: Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this\n`;

/** conntrack(8): the connections that the kernel tracks. */
export async function main(process: Process): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.args);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    process.err(`${NAME}: ${error.message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`);
    return 2;
  }
  const { command } = options;
  if (command === 'V') {
    await process.out(`${NAME}\n`);
    return 0;
  }
  if (command === '' || command === 'h') {
    await process.out(HELP);
    return 0;
  }
  if (!process.can('NET_ADMIN')) {
    process.err(command === 'E' ? `mnl_socket_bind: Operation not permitted\n${NAME}: Can't open netlink socket\n` : DENIED);
    return 1;
  }
  switch (command) {
    case 'L':
      return list(process, options);
    case 'D':
      return remove(process, options);
    case 'F':
      process.net.conntrack.delete(() => true);
      process.err(`${NAME}: connection tracking table has been emptied.\n`);
      return 0;
    case 'C':
      await process.out(`${options.table === 'expect' ? 0 : process.net.conntrack.count}\n`);
      return 0;
    case 'S':
      await process.out(statistics(process));
      return 0;
    case 'E':
      return watch(process, options);
    case 'G':
      return get(process, options);
    case 'I':
    case 'A':
      return create(process, options);
    default:
      return update(process, options);
  }
}

async function list(process: Process, { table, filters, output }: Options): Promise<number> {
  if (table === 'expect') {
    process.err(`${NAME}: 0 expectations have been shown.\n`);
    return 0;
  }
  const entries = table === 'conntrack' ? process.net.conntrack.list().filter((e) => filters.every((f) => f(e))) : [];
  await show(process, entries, output);
  process.err(`${NAME}: ${entries.length} flow entries have been shown.\n`);
  return 0;
}

async function show(process: Process, entries: Entry[], output: Options['output']): Promise<void> {
  if (output.xml) await process.out('<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n');
  await process.out(entries.map((e) => flow(e, process.now, output)).join(''));
  if (output.xml) await process.out('</conntrack>\n');
}

async function remove(process: Process, { filters, output }: Options): Promise<number> {
  const gone = process.net.conntrack.list().filter((e) => filters.every((f) => f(e)));
  await show(process, gone, output);
  const doomed = new Set(gone);
  process.net.conntrack.delete((e) => doomed.has(e));
  process.err(`${NAME}: ${gone.length} flow entries have been deleted.\n`);
  return gone.length > 0 ? 0 : 1;
}

/** The tuple that the options of -G, -I spell out. */
function tuple({ orig }: Options): Tuple {
  return { src: orig.src ?? 0, dst: orig.dst ?? 0, proto: orig.proto ?? 0, sport: orig.sport ?? 0, dport: orig.dport ?? 0 };
}

async function get(process: Process, options: Options): Promise<number> {
  const found = process.net.conntrack.lookup(tuple(options), options.zone);
  if (!found) {
    process.err(`${NAME}: Operation failed: such conntrack doesn't exist\n`);
    return 1;
  }
  await process.out(flow(found.entry, process.now, options.output, 2));
  process.err(`${NAME}: 1 flow entries have been shown.\n`);
  return 0;
}

function create(process: Process, options: Options): number {
  if (options.timeout === undefined) {
    process.err(`${NAME}: You need to supply the \`--timeout' option for this command\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`);
    return 2;
  }
  const orig = tuple(options), reply = { ...inverse(orig), ...options.reply, proto: orig.proto };
  const entry: Omit<Entry, 'id' | 'owner' | 'expires'> = {
    orig, reply, mark: options.mark?.value ?? 0, zone: options.zone, timeout: options.timeout,
    status: (options.status.includes('ASSURED') ? ASSURED : 0) | (options.status.includes('SEEN_REPLY') ? SEEN_REPLY : 0),
  };
  if (orig.proto === 6) entry.tcp = { ...newTrack(), state: Math.max(0, TCP_STATES.indexOf((options.state ?? 'NONE') as (typeof TCP_STATES)[number])) };
  if (!process.net.conntrack.insert(entry)) {
    process.err(`${NAME}: Operation failed: Such conntrack exists, try -U to update\n`);
    return 1;
  }
  process.err(`${NAME}: 1 flow entries have been created.\n`);
  return 0;
}

function update(process: Process, { filters, mark, timeout }: Options): number {
  // The mark of -U is what to set, not what to look for.
  const entries = process.net.conntrack.list().filter((e) => filters.every((f) => mark !== undefined || f(e)));
  for (const entry of entries) {
    if (mark) entry.mark = ((entry.mark & ~mark.mask) | mark.value) >>> 0;
    if (timeout !== undefined) Object.assign(entry, { timeout, expires: process.now + timeout * 1_000_000 });
    process.net.conntrack.changed(entry);
  }
  process.err(`${NAME}: ${entries.length} flow entries have been updated.\n`);
  return entries.length > 0 ? 0 : 1;
}

function statistics(process: Process): string {
  const { stats } = process.net.conntrack;
  const cpu = (n: number, s: typeof stats) =>
    `cpu=${String(n).padEnd(4)}\tfound=${s.found} invalid=${s.invalid} insert=${s.insert} insert_failed=${s.insert_failed} drop=${s.drop} early_drop=${s.early_drop} error=${s.error} search_restart=${s.search_restart} clash_resolve=0 chaintoolong=0 \n`;
  const none = { ...stats, found: 0, invalid: 0, insert: 0, insert_failed: 0, drop: 0, early_drop: 0, error: 0, search_restart: 0 };
  return cpu(0, { ...stats, insert: 0 }) + cpu(1, none);
}

async function watch(process: Process, { filters, events, output }: Options): Promise<number> {
  let seen = 0;
  if (output.xml) await process.out('<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n');
  const stop = process.net.conntrack.onEvent((event, entry) => {
    if ((events.size > 0 && !events.has(event)) || !filters.every((f) => f(entry))) return;
    seen++;
    void process.out(eventLine(event, entry, process.now, output, ''));
  });
  try {
    await process.wait<void>((resume) => {
      const off = [process.onSignal('INT', () => resume()), process.onSignal('TERM', () => resume())];
      return () => off.forEach((f) => f());
    });
  } finally {
    stop();
  }
  if (output.xml) await process.out('</conntrack>\n');
  process.err(`${NAME}: ${seen} flow events have been shown.\n`);
  return 0;
}
