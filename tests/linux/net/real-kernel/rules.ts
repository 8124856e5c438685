/** Random rules as kube-proxy, CNI plugins and students write them: iptables-restore and ipset text. */
import type { Rng } from '../../../../src/sim/rng.ts';

export interface Surroundings {
  /** Addresses of hosts. */
  hosts: string[];
  /** Addresses that nobody has. */
  services: string[];
  ports: number[];
  links(ns: string): string[];
}

export function randomRules(rng: Rng, ns: string, around: Surroundings): { rules: string[]; sets?: string[] } {
  return new RuleSet(rng, ns, around).make();
}

type TableName = 'raw' | 'mangle' | 'nat' | 'filter';
const HOOKS: Record<TableName, string[]> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

class RuleSet {
  readonly #rng: Rng;
  readonly #ns: string;
  readonly #around: Surroundings;
  readonly #tables = new Map<TableName, { policies: Map<string, string>; chains: string[]; rules: string[] }>();
  #sets: string[] | undefined;

  constructor(rng: Rng, ns: string, around: Surroundings) {
    this.#rng = rng;
    this.#ns = ns;
    this.#around = around;
  }

  make(): { rules: string[]; sets?: string[] } {
    const rng = this.#rng;
    if (rng.float() < 0.25) this.#makeSets();
    if (rng.float() < 0.5) this.#service();
    if (rng.float() < 0.4) this.#masquerade();
    if (rng.float() < 0.25) this.#stateful();
    for (let n = rng.pick([0, 1, 2, 3, 5]); n > 0; n--) this.#any();
    const rules = [...this.#tables].flatMap(([name, t]) => [`*${name}`, ...[...t.policies].map(([c, p]) => `:${c} ${p} [0:0]`), ...t.chains.map((c) => `:${c} - [0:0]`), ...t.rules, 'COMMIT']);
    return { rules, ...(this.#sets ? { sets: this.#sets } : {}) };
  }

  #table(name: TableName): { policies: Map<string, string>; chains: string[]; rules: string[] } {
    let t = this.#tables.get(name);
    if (!t) this.#tables.set(name, (t = { policies: new Map(HOOKS[name].map((h) => [h, 'ACCEPT'])), chains: [], rules: [] }));
    return t;
  }

  #makeSets(): void {
    const rng = this.#rng;
    this.#sets = ['create hosts hash:ip', 'create nets hash:net', 'create pairs hash:ip,port'];
    for (const h of this.#around.hosts) if (rng.float() < 0.4) this.#sets.push(`add hosts ${h} -exist`);
    if (rng.float() < 0.7) this.#sets.push(`add nets ${rng.pick(this.#around.hosts).replace(/\d+$/, '0/24')}`);
    this.#sets.push(`add pairs ${rng.pick(this.#around.hosts)},tcp:80`, `add pairs ${rng.pick(this.#around.services)},udp:53 -exist`);
  }

  /** What kube-proxy writes for a Service. */
  #service(): void {
    const rng = this.#rng;
    const t = this.#table('nat');
    const vip = rng.pick(this.#around.services), proto = rng.pick(['tcp', 'tcp', 'udp']), port = proto === 'udp' ? 53 : 80;
    const endpoints = Array.from({ length: rng.between(1, 3) }, () => `${rng.pick(this.#around.hosts)}:${rng.pick([80, 8080, 53])}`);
    t.chains.push('KUBE-SERVICES', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING', 'KUBE-SVC-A', 'KUBE-NODEPORTS');
    t.rules.push('-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', '-A POSTROUTING -j KUBE-POSTROUTING');
    t.rules.push('-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000');
    t.rules.push('-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN', '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000', `-A KUBE-POSTROUTING -j MASQUERADE${rng.float() < 0.2 ? ' --random-fully' : ''}`);
    t.rules.push(`-A KUBE-SERVICES -d ${vip}/32 -p ${proto} -m comment --comment "default/web cluster IP" -m ${proto} --dport ${port} -j KUBE-SVC-A`);
    t.rules.push('-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS', `-A KUBE-NODEPORTS -p ${proto} -m ${proto} --dport 30080 -j KUBE-SVC-A`);
    if (rng.float() < 0.5) t.rules.push(`-A KUBE-SVC-A ! -s 10.1.0.0/16 -d ${vip}/32 -p ${proto} -m ${proto} --dport ${port} -j KUBE-MARK-MASQ`);
    endpoints.forEach((to, i) => {
      t.chains.push(`KUBE-SEP-${i}`);
      const chance = i === endpoints.length - 1 ? '' : ` -m statistic --mode nth --every ${endpoints.length - i} --packet 0`;
      t.rules.push(`-A KUBE-SVC-A${chance} -j KUBE-SEP-${i}`, `-A KUBE-SEP-${i} -s ${to.split(':')[0]!}/32 -j KUBE-MARK-MASQ`, `-A KUBE-SEP-${i} -p ${proto} -m ${proto} -j DNAT --to-destination ${to}`);
    });
    if (rng.float() < 0.3) {
      const f = this.#table('filter');
      f.chains.push('KUBE-FORWARD');
      f.rules.push('-A FORWARD -j KUBE-FORWARD', '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP', '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT', '-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
      if (rng.float() < 0.5) f.rules.push(`-A KUBE-FORWARD -d ${vip} -p ${proto} -m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable`);
    }
  }

  #masquerade(): void {
    const rng = this.#rng;
    const link = this.#around.links(this.#ns)[0];
    const t = this.#table('nat');
    t.rules.push(rng.pick([
      `-A POSTROUTING -s 10.1.0.0/16 ! -d 10.1.0.0/16 -j MASQUERADE`,
      `-A POSTROUTING${link ? ` -o ${link}` : ''} -j MASQUERADE`,
      `-A POSTROUTING -p udp -j MASQUERADE --to-ports 40000`,
      `-A POSTROUTING -p tcp -j SNAT --to-source ${rng.pick([...this.#around.hosts, ...this.#around.services])}`,
      `-A POSTROUTING -d ${rng.pick(this.#around.hosts)} -j SNAT --to-source ${rng.pick(this.#around.hosts)}`,
    ]));
  }

  #stateful(): void {
    const rng = this.#rng;
    const f = this.#table('filter');
    const hook = rng.pick(HOOKS.filter);
    f.policies.set(hook, 'DROP');
    f.rules.push(`-A ${hook} -m ${rng.pick(['conntrack --ctstate', 'state --state'])} ${rng.pick(['RELATED,ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED,RELATED,NEW'])} -j ACCEPT`);
    if (rng.float() < 0.7) f.rules.push(`-A ${hook} -p ${rng.pick(['tcp', 'udp', 'icmp'])} -j ACCEPT`);
  }

  #any(): void {
    const rng = this.#rng;
    const name = rng.pick<TableName>(['raw', 'mangle', 'nat', 'nat', 'filter', 'filter', 'filter']);
    const t = this.#table(name);
    let chain = rng.pick(HOOKS[name]);
    const hook = chain;
    if (rng.float() < 0.25) {
      const user = `U${t.chains.length}`;
      t.chains.push(user);
      t.rules.push(`-A ${chain}${this.#match(hook, name)} ${rng.pick(['-j', '-j', '-g'])} ${user}`);
      chain = user;
    }
    for (let n = rng.between(1, 2); n > 0; n--) t.rules.push(`-A ${chain}${this.#match(hook, name)} -j ${this.#target(hook, name)}`.replace(/ -j COUNT$/, ''));
  }

  #proto = '';

  #match(hook: string, table: TableName): string {
    const rng = this.#rng, { hosts, services, ports } = this.#around;
    let out = '';
    const not = () => (rng.float() < 0.12 ? ' !' : '');
    this.#proto = rng.pick(['', '', 'tcp', 'tcp', 'udp', 'icmp']);
    if (rng.float() < 0.25) out += `${not()} -s ${rng.pick(hosts)}${rng.pick(['', '/24', '/16'])}`;
    if (rng.float() < 0.35) out += `${not()} -d ${rng.pick([...hosts, ...services])}${rng.pick(['', '', '/24'])}`;
    const links = this.#around.links(this.#ns);
    if (links.length > 0 && rng.float() < 0.15 && !['OUTPUT', 'POSTROUTING'].includes(hook)) out += `${not()} -i ${rng.pick([...links, 'lo', 'veth+'])}`;
    if (links.length > 0 && rng.float() < 0.15 && !['PREROUTING', 'INPUT'].includes(hook)) out += `${not()} -o ${rng.pick([...links, 'lo', 'e+'])}`;
    if (this.#proto) out += ` -p ${this.#proto}`;
    if (this.#proto === 'tcp' || this.#proto === 'udp') {
      const p = this.#proto;
      if (rng.float() < 0.4) out += rng.pick([` -m ${p} --dport ${rng.pick(ports)}`, ` -m ${p}${not()} --dport 50:100`, ` -m multiport${not()} --dports ${rng.pick(ports)},443,8000:9000`, ` -m multiport --ports 53,80`, ` -m ${p} --sport 20001:20003`]);
      if (p === 'tcp' && rng.float() < 0.2) out += rng.pick([' --syn', ' --tcp-flags SYN,RST,ACK RST', ' ! --syn', ' --tcp-flags FIN,ACK FIN,ACK']);
    }
    if (this.#proto === 'icmp' && rng.float() < 0.4) out += ` -m icmp --icmp-type ${rng.pick(['8', '0', '3', '3/4', '11', 'any', 'echo-request'])}`;
    if (rng.float() < 0.12) out += ` -m addrtype${not()} --${rng.pick(['dst', 'dst', 'src'])}-type ${rng.pick(['LOCAL', 'UNICAST', 'BROADCAST', 'LOCAL,BROADCAST'])}`;
    if (rng.float() < 0.15 && table !== 'raw') out += ` -m conntrack${not()} --ctstate ${rng.pick(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'NEW,RELATED', 'UNTRACKED', 'DNAT', 'SNAT'])}`;
    if (rng.float() < 0.06 && table !== 'raw') out += ` -m conntrack ${rng.pick([`--ctorigdst ${rng.pick([...hosts, ...services])}`, '--ctdir REPLY', '--ctdir ORIGINAL', '--ctproto 6', '--ctorigdstport 80', '--ctstatus SEEN_REPLY', '--ctstatus ASSURED'])}`;
    if (rng.float() < 0.1) out += ` -m mark${not()} --mark ${rng.pick(['0x1', '0x4000/0x4000', '0x0'])}`;
    if (rng.float() < 0.08) out += ` -m statistic --mode nth --every ${rng.between(2, 3)} --packet ${rng.int(2)}`;
    if (rng.float() < 0.05) out += ` -m length --length ${rng.pick(['0:100', '1000:65535', '60'])}`;
    if (rng.float() < 0.04) out += ` -m ttl --ttl-${rng.pick(['lt 64', 'gt 62', 'eq 63'])}`;
    if (rng.float() < 0.05) out += ` -m limit --limit 1/hour --limit-burst ${rng.between(1, 3)}`;
    if (rng.float() < 0.04) out += rng.pick([' -m recent --set --name seen --mask 255.255.255.255 --rsource', ' -m recent --rcheck --name seen --mask 255.255.255.255 --rsource']);
    if (rng.float() < 0.04 && ['FORWARD', 'PREROUTING'].includes(hook)) out += ' -m physdev --physdev-in veth0';
    if (rng.float() < 0.04) out += ` -m comment --comment "${rng.pick(['one', 'two words', 'q"uote'.replace('"', '')])}"`;
    if (this.#sets && rng.float() < 0.5) out += rng.pick([` -m set${not()} --match-set hosts ${rng.pick(['src', 'dst'])}`, ` -m set --match-set nets ${rng.pick(['src', 'dst'])}`, ' -m set --match-set pairs dst,dst']);
    return out;
  }

  #target(hook: string, table: TableName): string {
    const rng = this.#rng, { hosts, services } = this.#around;
    const proto = this.#proto, ported = proto === 'tcp' || proto === 'udp';
    const common = ['ACCEPT', 'COUNT', 'RETURN', 'MARK --set-xmark 0x1/0xffffffff'];
    switch (table) {
      case 'raw':
        return rng.pick(['CT --notrack', 'DROP', 'ACCEPT', 'COUNT', 'CT --notrack']);
      case 'mangle': {
        const list = [...common, 'MARK --set-xmark 0x4000/0x4000', 'DROP', 'CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'TTL --ttl-set 9', 'TOS --set-tos 0x10/0xff'];
        if (proto === 'tcp' && ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(hook)) list.push('TCPMSS --clamp-mss-to-pmtu');
        return rng.pick(list).replace(/^TCPMSS/, 'TCPMSS');
      }
      case 'nat': {
        const to = rng.pick([...hosts, ...hosts, ...services]);
        if (hook === 'PREROUTING' || hook === 'OUTPUT') return rng.pick([`DNAT --to-destination ${to}`, ...(ported ? [`DNAT --to-destination ${to}:${rng.pick([80, 8080, 53])}`, 'REDIRECT --to-ports 8080', 'REDIRECT --to-ports 80'] : ['REDIRECT']), ...common.slice(0, 3)]);
        if (hook === 'POSTROUTING') return rng.pick([`SNAT --to-source ${to}`, 'MASQUERADE', ...(ported ? ['MASQUERADE --to-ports 50000', `SNAT --to-source ${to}:50001`] : []), ...common.slice(0, 3)]);
        return rng.pick([`SNAT --to-source ${to}`, ...common.slice(0, 3)]);
      }
      case 'filter': {
        const list = [...common, 'DROP', 'DROP', ...['icmp-port-unreachable', 'icmp-host-unreachable', 'icmp-net-unreachable', 'icmp-admin-prohibited', 'icmp-host-prohibited', 'icmp-proto-unreachable'].map((r) => `REJECT --reject-with ${r}`)];
        if (proto === 'tcp') list.push('REJECT --reject-with tcp-reset', 'REJECT --reject-with tcp-reset');
        return rng.pick(list);
      }
    }
  }
}
