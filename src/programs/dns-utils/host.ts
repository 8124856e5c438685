import { parseIpv4 } from '../../linux/net/addresses.ts';
import { askServer, dnsQuery, hosts, resolve, resolverConfig, reverse, searchNames, type RecordType } from '../../linux/net/dns.ts';
import type { Program } from '../../linux/process.ts';
import { messageId, reverseName } from './query.ts';

const TYPES: ReadonlySet<string> = new Set(['A', 'AAAA', 'ANY', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']);

/** host(1) of BIND 9.18. */
export const host: Program = async (p) => {
  const words: string[] = [];
  let asked: RecordType | undefined;
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i]!;
    if (!arg.startsWith('-')) words.push(arg);
    else if (arg === '-V') {
      p.out('host 9.18.49-1~deb12u1-Debian\n');
      return 0;
    } else if (arg.startsWith('-t')) {
      const type = (arg.slice(2) || p.args[++i] || '').toUpperCase();
      if (!TYPES.has(type)) {
        p.err(`host: invalid type: ${type.toLowerCase()}\n\n`);
        return 2;
      }
      asked = type as RecordType;
    } else if (/^-[cNWRmp]$/.test(arg)) i++;
    else if (arg === '-a') asked = 'ANY' as RecordType;
  }
  const [name, given] = words;
  if (name === undefined) {
    p.err('Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n');
    return 1;
  }
  const config = resolverConfig(p);
  const server = given ?? config.nameservers[0] ?? '127.0.0.1';
  if (given) p.out(`Using domain server:\nName: ${given}\nAddress: ${given}#53\nAliases: \n\n`);
  const address = parseIpv4(name) !== undefined;
  const types: RecordType[] = asked ? [asked] : address ? ['PTR'] : ['A', 'AAAA', 'MX'];
  for (const n of address ? [reverseName(name)] : searchNames(name, config)) {
    let found = false, missing = false;
    for (const t of types) {
      const answer = await askServer(p, { ip: server, port: 53 }, dnsQuery(messageId(p), n, t));
      if (typeof answer === 'string') {
        p.out(`;; communications error to ${server}#53: ${answer === 'TIMEOUT' ? 'timed out' : 'connection refused'}\n;; no servers could be reached\n`);
        return 1;
      }
      if (answer.rcode !== 'NOERROR') {
        missing = true;
        break;
      }
      for (const r of answer.answer) {
        found = true;
        const bare = r.name.replace(/\.$/, '');
        p.out(r.type === 'A' ? `${bare} has address ${r.data}\n` : r.type === 'AAAA' ? `${bare} has IPv6 address ${r.data}\n` : r.type === 'CNAME' ? `${bare} is an alias for ${r.data}\n` : r.type === 'PTR' ? `${bare} domain name pointer ${r.data}\n` : r.type === 'MX' ? `${bare} mail is handled by ${r.data}\n` : r.type === 'NS' ? `${bare} name server ${r.data}\n` : r.type === 'TXT' ? `${bare} descriptive text ${r.data}\n` : `${bare} has ${r.type} record ${r.data}\n`);
      }
      if (asked && answer.answer.length === 0) {
        p.out(`${n.replace(/\.$/, '')} has no ${asked} record\n`);
        return 0;
      }
    }
    if (found || !missing) return 0;
  }
  p.out(`Host ${name} not found: 3(NXDOMAIN)\n`);
  return 1;
};

/** getent(1): hosts, ahosts, passwd, group, services in small. */
export const getent: Program = async (p) => {
  const [database, ...keys] = p.args;
  if (database === 'hosts' || database === 'ahosts' || database === 'ahostsv4') {
    if (keys.length === 0) {
      for (const h of hosts(p)) p.out(`${h.ip.padEnd(15)} ${h.names.join(' ')}\n`);
      return 0;
    }
    let code = 0;
    for (const key of keys) {
      if (database === 'hosts' && parseIpv4(key) !== undefined) {
        const name = await reverse(p, key);
        if (name === undefined) code = 2;
        else p.out(`${key.padEnd(15)} ${name}\n`);
        continue;
      }
      const found = await resolve(p, key);
      if (typeof found === 'string') code = 2;
      else if (database === 'hosts') for (const a of found.addresses) p.out(`${a.padEnd(15)} ${found.canonical}\n`);
      else for (const a of found.addresses) p.out(`${a.padEnd(15)} STREAM ${found.canonical}\n${a.padEnd(15)} DGRAM  \n${a.padEnd(15)} RAW    \n`);
    }
    return code;
  }
  if (database === 'passwd' || database === 'group') {
    const lines = (p.fs.exists(`/etc/${database}`) ? p.fs.readFile(`/etc/${database}`) : '').split('\n').filter(Boolean);
    const wanted = keys.length === 0 ? lines : lines.filter((l) => keys.includes(l.split(':')[0]!) || keys.includes(l.split(':')[2]!));
    p.out(wanted.map((l) => `${l}\n`).join(''));
    return wanted.length > 0 ? 0 : 2;
  }
  p.out("Try `getent --help' or `getent --usage' for more information.\n");
  p.err(database === undefined ? 'getent: wrong number of arguments\n' : `Unknown database: ${database}\n`);
  return 1;
};
