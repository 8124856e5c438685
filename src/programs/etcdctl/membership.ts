import { type Member, hex, memberId } from '../../kubernetes/etcd/membership.ts';
import { EtcdError } from '../../kubernetes/etcd/error.ts';
import { SECOND } from '../../sim/clock.ts';
import { BAD_ARGS, byId, type Command, connect, dial, Failure, request } from './client.ts';
import { header, headerFields, print, quoted, some } from './print.ts';
import { table } from './table.ts';

const json = (m: Member) => ({ ID: m.id, name: some(m.name), peerURLs: m.peerURLs, clientURLs: some(m.clientURLs) });

function idOf(text: string | undefined): bigint {
  if (text === undefined) throw new Failure('member ID is not provided', BAD_ARGS);
  if (!/^[0-9a-f]+$/i.test(text)) throw new Failure(`bad member ID arg (strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax), expecting ID in Hex`, BAD_ARGS);
  return BigInt(`0x${text}`);
}

/** Every member answers, also without a leader (3.4). */
export const memberList: Command = async (c) => {
  const server = await connect(c, 'no'), members = byId(server.member.group.members.values());
  const rows = members.map((m) => [hex(m.id), m.name ? 'started' : 'unstarted', m.name, m.peerURLs.join(','), m.clientURLs.join(','), 'false']);
  print(c, {
    simple: () => rows.map((row) => `${row.join(', ')}\n`).join(''), table: () => table(['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'], rows),
    json: () => ({ header: header(server, 0), members: members.map(json) }),
    fields: () => headerFields(server, 0) + members.map((m) => `"ID" : ${m.id}\n"Name" : ${quoted(m.name)}\n${m.peerURLs.map((u) => `"PeerURL" : ${quoted(u)}\n`).join('')}${m.clientURLs.map((u) => `"ClientURL" : ${quoted(u)}\n`).join('')}"IsLearner" : false\n\n`).join(''),
  });
  return 0;
};

export const memberAdd: Command = async (c, args) => {
  const [name, ...more] = args, urls = c.flags.text('peer-urls').split(',').filter(Boolean);
  if (name === undefined) throw new Failure('member name not provided', BAD_ARGS);
  if (more.length > 0) throw new Failure('too many arguments', BAD_ARGS);
  if (urls.length === 0) throw new Failure('member peer urls not provided', BAD_ARGS);
  const server = await connect(c, 'write'), { group } = server.member;
  // The id of a later member has the time in it instead of the token.
  const member: Member = { id: memberId(urls, String(Math.floor(c.p.now / SECOND))), name: '', peerURLs: urls, clientURLs: [] };
  request(c, server.endpoint, () => {
    if ([...group.members.values()].some((m) => m.peerURLs.some((url) => urls.includes(url)))) throw new EtcdError('etcdserver: Peer URLs already exists');
    group.add(member);
  });
  const cluster = byId(group.members.values()).flatMap((m) => m.peerURLs.map((url) => `${m === member ? name : m.name}=${url}`)).join(',');
  print(c, {
    simple: () => `Member ${hex(member.id).padStart(16)} added to cluster ${hex(group.id).padStart(16)}\n\nETCD_NAME=${quoted(name)}\nETCD_INITIAL_CLUSTER=${quoted(cluster)}\nETCD_INITIAL_ADVERTISE_PEER_URLS=${quoted(urls.join(','))}\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
    json: () => ({ header: header(server, 0), member: json(member), members: byId(group.members.values()).map(json) }),
  });
  return 0;
};

export const memberRemove: Command = async (c, args) => {
  const id = idOf(args[0]), server = await connect(c, 'write'), { group } = server.member;
  request(c, server.endpoint, () => {
    if (!group.members.has(id)) throw new EtcdError('etcdserver: member not found');
    group.remove(id);
  });
  print(c, { simple: () => `Member ${hex(id).padStart(16)} removed from cluster ${hex(group.id).padStart(16)}\n`, json: () => ({ header: header(server, 0), members: byId(group.members.values()).map(json) }) });
  return 0;
};

export const memberUpdate: Command = async (c, args) => {
  const id = idOf(args[0]), urls = c.flags.text('peer-urls').split(',').filter(Boolean);
  if (urls.length === 0) throw new Failure('member peer urls not provided', BAD_ARGS);
  const server = await connect(c, 'write'), { group } = server.member;
  request(c, server.endpoint, () => {
    const member = group.members.get(id);
    if (!member) throw new EtcdError('etcdserver: member not found');
    group.add({ ...member, peerURLs: urls });
  });
  print(c, { simple: () => `Member ${hex(id).padStart(16)} updated in cluster ${hex(group.id).padStart(16)}\n`, json: () => ({ header: header(server, 0), members: byId(group.members.values()).map(json) }) });
  return 0;
};

export const moveLeader: Command = async (c, args) => {
  const [text = ''] = args;
  if (args.length !== 1) throw new Failure('move-leader command needs 1 argument', BAD_ARGS);
  if (!/^[0-9a-f]+$/i.test(text)) throw new Failure(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`, BAD_ARGS);
  const to = BigInt(`0x${text}`);
  for (const endpoint of c.endpoints) {
    const server = await dial(c, endpoint);
    if (typeof server === 'string' || server.member.group.leader !== server.member.id) continue;
    const { id, group } = server.member;
    request(c, endpoint, () => {
      if (!group.members.has(to)) throw new EtcdError('etcdserver: bad leader transferee');
      if (!group.running(to)) throw new EtcdError('etcdserver: request timed out, leader transfer took too long');
      if (to !== id) group.transfer(to);
    });
    print(c, { simple: () => `Leadership transferred from ${hex(id)} to ${hex(to)}\n` });
    return 0;
  }
  throw new Failure(`no leader endpoint given at [${c.endpoints.join(' ')}]`, BAD_ARGS);
};

/** No alarm is ever raised: databases here have no quota. */
export const alarmList: Command = async (c, args) => {
  if (args.length > 0) throw new Failure('alarm list command accepts no arguments', BAD_ARGS);
  (await connect(c, 'write')).store.proposals++;
  print(c, { simple: () => '', json: () => ({}) });
  return 0;
};

export const alarmDisarm: Command = async (c, args) => {
  if (args.length > 0) throw new Failure('alarm disarm command accepts no arguments', BAD_ARGS);
  (await connect(c, 'write')).store.proposals++;
  print(c, { simple: () => '', json: () => ({}) });
  return 0;
};
