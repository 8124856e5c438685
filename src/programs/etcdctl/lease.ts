import { SECOND } from '../../sim/clock.ts';
import { toBase64 } from '../../kubernetes/api/base64.ts';
import { BAD_ARGS, type Command, connect, Failure, request, type Server } from './client.ts';
import { leaseId } from './operations.ts';
import { header, headerFields, print, quoted, some } from './print.ts';

/** lessor.minLeaseTTL: one and a half election timeouts, in whole seconds. */
const LEAST_TTL = 2;
const padded = (id: bigint) => id.toString(16).padStart(16, '0');
const badId = (why: string) => `bad lease ID arg (${why}), expecting ID in Hex`;

export const leaseGrant: Command = async (c, args) => {
  const [text = ''] = args;
  if (args.length !== 1) throw new Failure('lease grant command needs TTL argument', BAD_ARGS);
  if (!/^[-+]?\d+$/.test(text)) throw new Failure(`bad TTL (strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax)`, BAD_ARGS);
  const told = (why: string) => `failed to grant lease (${why})`;
  const server = await connect(c, 'write', told);
  const { wire, ttl } = request(c, server.endpoint, () => server.store.grant(Math.max(LEAST_TTL, Number(text))), told);
  print(c, {
    simple: () => `lease ${padded(wire)} granted with TTL(${ttl}s)\n`, json: () => ({ ...header(server), ID: wire, TTL: ttl, Error: '' }), fields: () => `${headerFields(server)}"ID" : ${wire}\n"TTL" : ${ttl}\n`,
  });
  return 0;
};

export const leaseRevoke: Command = async (c, args) => {
  if (args.length !== 1) throw new Failure('lease revoke command needs 1 argument', BAD_ARGS);
  const id = leaseId(args[0]!, badId), told = (why: string) => `failed to revoke lease (${why})`;
  const server = await connect(c, 'write', told);
  request(c, server.endpoint, () => server.store.revoke(server.store.leaseOf(id)?.id ?? 0), told);
  print(c, { simple: () => `lease ${padded(id)} revoked\n`, json: () => ({ header: header(server) }), fields: () => headerFields(server) });
  return 0;
};

export const leaseTimetolive: Command = async (c, args) => {
  if (args.length !== 1) throw new Failure('lease timetolive command needs lease ID as argument', BAD_ARGS);
  const id = leaseId(args[0]!, badId), server = await connect(c), lease = server.store.leaseOf(id);
  const left = lease ? Math.floor((lease.expiresAt - c.p.now) / SECOND) : -1, keys = lease && c.flags.has('keys') ? [...lease.keys].sort() : [];
  print(c, {
    simple: () => (lease ? `lease ${padded(id)} granted with TTL(${lease.ttl}s), remaining(${left}s)${c.flags.has('keys') ? `, attached keys([${keys.join(' ')}])` : ''}\n` : `lease ${padded(id)} already expired\n`),
    json: () => ({ ...header(server), id, ttl: left, 'granted-ttl': lease?.ttl ?? 0, keys: keys.length > 0 ? keys.map(toBase64) : null }),
    fields: () => `${headerFields(server)}"ID" : ${id}\n"TTL" : ${left}\n"GrantedTTL" : ${lease?.ttl ?? 0}\n${keys.map((key) => `"Key" : ${quoted(key)}\n`).join('')}`,
  });
  return 0;
};

export const leaseList: Command = async (c) => {
  const server = await connect(c), ids = server.store.leases().sort((a, b) => a.expiresAt - b.expiresAt).map(({ wire }) => wire);
  print(c, {
    simple: () => `found ${ids.length} leases\n${ids.map((id) => `${padded(id)}\n`).join('')}`, json: () => ({ ...header(server), leases: some(ids.map((id) => ({ id }))) }),
    fields: () => headerFields(server) + ids.map((id) => `"ID" : ${id}\n`).join(''),
  });
  return 0;
};

/** Renews a lease every third of its time, for as long as it is there and the command runs; once with --once. */
export const leaseKeepAlive: Command = async (c, args) => {
  if (args.length !== 1) throw new Failure('lease keep-alive command needs lease ID as argument', BAD_ARGS);
  const id = leaseId(args[0]!, badId), server: Server = await connect(c), { store } = server;
  for (;;) {
    const lease = store.unavailable === undefined && server.process.running ? store.leaseOf(id) : undefined;
    if (!lease) {
      void c.p.out(`lease ${padded(id)} expired or revoked.\n`);
      return 0;
    }
    store.keepAlive(lease.id);
    print(c, { simple: () => `lease ${padded(id)} keepalived with TTL(${lease.ttl})\n`, json: () => ({ ...header(server), ID: id, TTL: lease.ttl }), fields: () => `${headerFields(server)}"ID" : ${id}\n"TTL" : ${lease.ttl}\n` });
    if (c.flags.has('once')) return 0;
    await c.p.sleep(Math.round((lease.ttl * SECOND) / 3));
  }
};
