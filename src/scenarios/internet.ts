import { dnsAnswer, dnsListen, type DnsMessage } from '../linux/net/dns.ts';
import { createVeth } from '../linux/net/namespace.ts';
import { Machine } from '../linux/machine.ts';
import type { World } from '../linux/world.ts';
import { serveMirror } from '../programs/apt/serve-mirror.ts';
import type { HostBlueprint } from './blueprint.ts';
import { serveWeb, SITES } from './web.ts';

/**
 * What lies behind the host's uplink: a gateway that forwards nothing, and — where there is an Internet — its name server
 * the mirrors of Debian and Ubuntu and the pages of web.ts. Packets to any other address are lost there without a word.
 */
export function internet(world: World, host: Machine, { dev, address, gateway, mirrors }: HostBlueprint['uplink']): void {
  const outside = new Machine(world, 'internet');
  const { net } = outside;
  const [near, far] = createVeth(host.net, dev, net, 'lan0', { mtu: 1500 });
  net.link('lo')?.setUp();
  near.setUp();
  far.setUp();
  net.addAddress('lan0', `${gateway}/24`, { broadcast: '+' });
  host.net.addAddress(dev, `${address}/24`, { broadcast: '+' });
  host.net.addRoute({ dst: 'default', via: gateway, dev });
  if (!mirrors) return;
  for (const ip of new Set([...Object.values(MIRRORS), ...Object.values(SITES)])) net.addAddress('lo', `${ip}/32`);
  const init = outside.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  const names = outside.daemon({ argv: ['dnsmasq'], exe: '/usr/sbin/dnsmasq', parent: init });
  dnsListen(names, { ip: gateway }, (question, reply) => reply(answer(question)));
  const nginx = outside.daemon({ argv: ['nginx'], exe: '/usr/sbin/nginx', parent: init });
  for (const ip of new Set(Object.values(MIRRORS))) serveMirror(nginx, ip);
  serveWeb(nginx);
}

/** The names of the Internet, as they resolved in 2024. */
const MIRRORS: Readonly<Record<string, string>> = {
  'deb.debian.org': '151.101.2.132', 'security.debian.org': '151.101.66.132', 'archive.ubuntu.com': '91.189.91.83', 'security.ubuntu.com': '91.189.91.82',
};

function answer(question: DnsMessage): DnsMessage {
  const { name, type } = question.question;
  const plain = name.toLowerCase().replace(/\.$/, ''), ip = MIRRORS[plain] ?? SITES[plain];
  if (ip === undefined) return dnsAnswer(question, { rcode: 'NXDOMAIN' });
  return dnsAnswer(question, { answer: type === 'A' ? [{ name, type: 'A', ttl: 60, data: ip }] : [] });
}

/** What netavark keeps in the host's tables for the container network: its machines may go out, under the host's address. */
export function masquerade(host: Machine, subnet: string): void {
  host.net.netfilter.restore(`*filter
:NETAVARK_FORWARD - [0:0]
-A FORWARD -m comment --comment "netavark firewall plugin rules" -j NETAVARK_FORWARD
-A NETAVARK_FORWARD -d ${subnet} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s ${subnet} -j ACCEPT
COMMIT
*nat
:${CHAIN} - [0:0]
-A POSTROUTING -s ${subnet} -j ${CHAIN}
-A ${CHAIN} -d ${subnet} -j ACCEPT
-A ${CHAIN} ! -d 224.0.0.0/4 -j MASQUERADE
COMMIT
`, { noflush: true });
}

/** NETAVARK- and the first 13 digits of the network name's SHA-512: of "kind". */
const CHAIN = 'NETAVARK-62F930FC96F2B';

/** What dockerd keeps in the host's tables for a bridge network and the ports it publishes. */
export function dockerRules(host: Machine, { bridge, subnet, published }: { bridge: string; subnet: string; published: readonly { listen: string; port: number; to: string; toPort: number }[] }): void {
  const nat = published.map((f) => `-A DOCKER -d ${f.listen}/32 ! -i ${bridge} -p tcp -m tcp --dport ${f.port} -j DNAT --to-destination ${f.to}:${f.toPort}\n`).join('');
  const own = published.map((f) => `-A POSTROUTING -s ${f.to}/32 -d ${f.to}/32 -p tcp -m tcp --dport ${f.toPort} -j MASQUERADE\n`).join('');
  const open = published.map((f) => `-A DOCKER -d ${f.to}/32 ! -i ${bridge} -o ${bridge} -p tcp -m tcp --dport ${f.toPort} -j ACCEPT\n`).join('');
  host.net.netfilter.restore(`*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o ${bridge} -j DOCKER
-A FORWARD -i ${bridge} ! -o ${bridge} -j ACCEPT
-A FORWARD -i ${bridge} -o ${bridge} -j ACCEPT
${open}-A DOCKER-ISOLATION-STAGE-1 -i ${bridge} ! -o ${bridge} -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o ${bridge} -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s ${subnet} ! -o ${bridge} -j MASQUERADE
${own}-A DOCKER -i ${bridge} -j RETURN
${nat}COMMIT
`, { noflush: true });
}
