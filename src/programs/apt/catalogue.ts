/** What the mirror offers: Debian 12 packages with the programs that this simulator has. Sizes in bytes. */
export interface Package {
  name: string;
  version: string;
  size: number;
  installed: number;
  depends?: string[];
  summary: string;
  /** Executable → program. */
  files: Record<string, string>;
}

const bin = (dir: string, names: string): Record<string, string> => Object.fromEntries(names.split(' ').map((n) => [`${dir}/${n}`, n]));
const p = (name: string, version: string, size: number, summary: string, files: Record<string, string> = {}, depends: string[] = []): Package => ({ name, version, size, installed: size * 3, summary, files, ...(depends.length > 0 ? { depends } : {}) });

export const CATALOGUE: readonly Package[] = [
  p('bridge-utils', '1.7.1-1', 35_300, 'Utilities for configuring the Linux Ethernet bridge'),
  p('conntrack', '1:1.4.7-1+b2', 34_900, 'Program to modify the conntrack tables', bin('/usr/sbin', 'conntrack'), ['libnfnetlink0', 'libnetfilter-conntrack3']),
  p('curl', '7.88.1-10+deb12u12', 315_000, 'command line tool for transferring data with URL syntax', bin('/usr/bin', 'curl'), ['libcurl4']),
  p('bind9-dnsutils', '1:9.18.33-1~deb12u2', 155_000, 'Clients provided with BIND 9', bin('/usr/bin', 'dig nslookup'), ['bind9-host', 'bind9-libs']),
  p('bind9-host', '1:9.18.33-1~deb12u2', 54_500, 'DNS Lookup Utility', bin('/usr/bin', 'host'), ['bind9-libs']),
  p('bind9-libs', '1:9.18.33-1~deb12u2', 1_192_000, 'Shared Libraries used by BIND 9'),
  p('dnsutils', '1:9.18.33-1~deb12u2', 12_300, 'Transitional package for bind9-dnsutils', {}, ['bind9-dnsutils']),
  p('file', '1:5.44-3', 42_500, 'Recognize the type of data in a file using "magic" numbers', bin('/usr/bin', 'file')),
  p('iproute2', '6.1.0-3', 1_046_000, 'networking and traffic control tools', { '/usr/sbin/ip': 'ip', '/usr/bin/ss': 'ss', '/usr/sbin/bridge': 'bridge' }, ['libmnl0']),
  p('ipset', '7.17-1', 46_500, 'administration tool for kernel IP sets', bin('/usr/sbin', 'ipset')),
  p('iptables', '1.8.9-2', 360_000, 'administration tools for packet filtering and NAT', bin('/usr/sbin', 'iptables iptables-save iptables-restore ip6tables iptables-legacy iptables-nft'), ['libip4tc2', 'libnetfilter-conntrack3', 'libnfnetlink0', 'libxtables12']),
  p('iputils-ping', '3:20221126-1+deb12u1', 47_200, 'Tools to test the reachability of network hosts', bin('/usr/bin', 'ping')),
  p('jq', '1.6-2.1+deb12u1', 64_900, 'lightweight and flexible command-line JSON processor', bin('/usr/bin', 'jq'), ['libjq1', 'libonig5']),
  p('less', '590-2.1~deb12u2', 131_000, 'pager program similar to more', bin('/usr/bin', 'less')),
  p('libcurl4', '7.88.1-10+deb12u12', 390_000, 'easy-to-use client-side URL transfer library (OpenSSL flavour)'),
  p('libip4tc2', '1.8.9-2', 18_500, 'netfilter libip4tc library'),
  p('libjq1', '1.6-2.1+deb12u1', 135_000, 'lightweight and flexible command-line JSON processor - shared library'),
  p('libmnl0', '1.0.4-3', 12_500, 'minimalistic Netlink communication library'),
  p('libnetfilter-conntrack3', '1.0.9-3', 40_700, 'Netfilter netlink-conntrack library'),
  p('libnfnetlink0', '1.0.2-2', 15_100, 'Netfilter netlink library'),
  p('libonig5', '6.9.8-1', 188_000, 'regular expressions library'),
  p('libpcap0.8', '1.10.3-1', 157_000, 'system interface for user-level packet capture'),
  p('libxtables12', '1.8.9-2', 30_600, 'netfilter xtables library'),
  p('nano', '7.2-1+deb12u1', 690_000, "small, friendly text editor inspired by Pico", bin('/usr/bin', 'nano')),
  p('net-tools', '2.10-0.1+deb12u2', 243_000, 'NET-3 networking toolkit', { '/usr/bin/netstat': 'netstat', '/usr/sbin/ifconfig': 'ifconfig', '/usr/sbin/route': 'route', '/usr/sbin/arp': 'arp' }),
  p('netcat-openbsd', '1.219-1', 41_500, 'TCP/IP swiss army knife', { '/usr/bin/nc': 'nc', '/usr/bin/netcat': 'nc' }),
  p('nftables', '1.0.6-2+deb12u2', 71_300, 'Program to control packet filtering rules by Netfilter project', bin('/usr/sbin', 'nft')),
  p('procps', '2:4.0.2-3', 709_000, '/proc file system utilities', bin('/usr/bin', 'ps top free uptime pgrep pkill watch pidof')),
  p('sudo', '1.9.13p3-1+deb12u2', 1_890_000, 'Provide limited super user privileges to specific users', bin('/usr/bin', 'sudo')),
  p('tcpdump', '4.99.3-1', 467_000, 'command-line network traffic analyzer', bin('/usr/bin', 'tcpdump'), ['libpcap0.8']),
  p('traceroute', '1:2.1.2-1', 53_600, 'Traces the route taken by packets over an IPv4/IPv6 network', bin('/usr/bin', 'traceroute')),
  p('util-linux-extra', '2.38.1-5+deb12u3', 112_000, 'interactive login tools'),
  p('vim', '2:9.0.1378-2+deb12u2', 1_567_000, 'Vi IMproved - enhanced vi editor', { '/usr/bin/vim': 'vim', '/usr/bin/vi': 'vi' }, ['vim-runtime']),
  p('vim-runtime', '2:9.0.1378-2+deb12u2', 7_027_000, 'Vi IMproved - Runtime files'),
  p('wget', '1.21.3-1+deb12u1', 937_000, 'retrieves files from the web', bin('/usr/bin', 'wget')),
  p('xxd', '2:9.0.1378-2+deb12u2', 83_800, 'tool to make (or reverse) a hex dump', bin('/usr/bin', 'xxd')),
];

/** The index a mirror serves (Packages, deb822). */
export function packagesIndex(): string {
  return CATALOGUE.map((x) => `Package: ${x.name}\nVersion: ${x.version}\nInstalled-Size: ${Math.ceil(x.installed / 1024)}\nArchitecture: amd64\n${x.depends ? `Depends: ${x.depends.join(', ')}\n` : ''}Size: ${x.size}\nFilename: pool/main/${x.name[0]}/${x.name}/${x.name}_${x.version.replace(/^\d+:/, '')}_amd64.deb\nDescription: ${x.summary}\n`).join('\n');
}
