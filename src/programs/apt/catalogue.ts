/** What the mirrors offer: packages of Debian 12 and Ubuntu 22.04 with the programs that this simulator has. */
export interface Package {
  name: string;
  version: string;
  /** SUITE/COMPONENT of the archive it is in. */
  section: string;
  architecture: 'amd64' | 'all';
  /** Bytes: of the .deb, and of what it unpacks to. */
  size: number;
  installed: number;
  depends: string[];
  summary: string;
  /** Executable → program. */
  files: Readonly<Record<string, string>>;
}

/** An archive on a mirror: `http://HOST/PATH`, and the sizes in bytes of the indexes a client fetches. */
export interface Archive {
  paths: readonly string[];
  /** Suite → bytes of its InRelease. */
  releases: Readonly<Record<string, number>>;
  /** SUITE/COMPONENT → bytes of its Packages.gz. */
  indexes: Readonly<Record<string, number>>;
  packages: readonly Package[];
}

const bin = (dir: string, names: string): Record<string, string> => Object.fromEntries(names.split(' ').map((n) => [`${dir}/${n}`, n]));

/** Summary and executables by package name: the same in both distributions. */
const CONTENTS: Readonly<Record<string, [summary: string, files?: Record<string, string>]>> = {
  'bind9-dnsutils': ['Clients provided with BIND 9', bin('/usr/bin', 'dig nslookup')],
  'bind9-host': ['DNS Lookup Utility', bin('/usr/bin', 'host')],
  'bind9-libs': ['Shared Libraries used by BIND 9'],
  'bridge-utils': ['Utilities for configuring the Linux Ethernet bridge'],
  'ca-certificates': ['Common CA certificates'],
  conntrack: ['Program to modify the conntrack tables', bin('/usr/sbin', 'conntrack')],
  curl: ['command line tool for transferring data with URL syntax', bin('/usr/bin', 'curl')],
  dnsutils: ['Transitional package for bind9-dnsutils'],
  file: ['Recognize the type of data in a file using "magic" numbers', bin('/usr/bin', 'file')],
  iproute2: ['networking and traffic control tools', { '/usr/sbin/ip': 'ip', '/usr/bin/ss': 'ss', '/usr/sbin/bridge': 'bridge' }],
  ethtool: ['display or change Ethernet device settings', bin('/usr/sbin', 'ethtool')],
  iperf3: ['Internet Protocol bandwidth measuring tool', bin('/usr/bin', 'iperf3')],
  ipvsadm: ['Linux Virtual Server support programs', bin('/usr/sbin', 'ipvsadm')],
  libblas3: ['Basic Linear Algebra Reference implementations, shared library'],
  libiperf0: ['Internet Protocol bandwidth measuring tool (runtime files)'],
  liblinear4: ['Library for Large Linear Classification'],
  'liblua5.3-0': ['Shared library for the Lua interpreter version 5.3'],
  'libnl-3-200': ['library for dealing with netlink sockets'],
  'libnl-genl-3-200': ['library for dealing with netlink sockets - generic netlink'],
  libpopt0: ['lib for parsing cmdline parameters'],
  libsctp1: ['user-space access to Linux kernel SCTP - shared library'],
  'mtr-tiny': ['Full screen ncurses traceroute tool', bin('/usr/bin', 'mtr')],
  nmap: ['The Network Mapper', bin('/usr/bin', 'nmap')],
  'nmap-common': ['Architecture independent files for nmap'],
  ipset: ['administration tool for kernel IP sets', bin('/usr/sbin', 'ipset')],
  iptables: ['administration tools for packet filtering and NAT', bin('/usr/sbin', 'iptables iptables-save iptables-restore ip6tables iptables-legacy iptables-nft')],
  'iputils-ping': ['Tools to test the reachability of network hosts', bin('/usr/bin', 'ping')],
  jq: ['lightweight and flexible command-line JSON processor', bin('/usr/bin', 'jq')],
  less: ['pager program similar to more', bin('/usr/bin', 'less')],
  libbpf0: ['eBPF helper library (shared library)'],
  libbpf1: ['eBPF helper library (shared library)'],
  libbrotli1: ['library implementing brotli encoder and decoder (shared libraries)'],
  libbsd0: ['utility functions from BSD systems - shared library'],
  libcap2: ['POSIX 1003.1e capabilities (library)'],
  'libcap2-bin': ['POSIX 1003.1e capabilities (utilities)'],
  libcurl4: ['easy-to-use client-side URL transfer library (OpenSSL flavour)'],
  libelf1: ['library to read and write ELF files'],
  libip4tc2: ['netfilter libip4tc library'],
  libip6tc2: ['netfilter libip6tc library'],
  libjq1: ['lightweight and flexible command-line JSON processor - shared library'],
  'libldap-2.5-0': ['OpenLDAP libraries'],
  'libldap-common': ['OpenLDAP common files for libraries'],
  libmd0: ['message digest functions from BSD systems - shared library'],
  libmnl0: ['minimalistic Netlink communication library'],
  'libnetfilter-conntrack3': ['Netfilter netlink-conntrack library'],
  libnfnetlink0: ['Netfilter netlink library'],
  'libnftables1': ['Netfilter nftables high level userspace API library'],
  libnftnl11: ['Netfilter nftables userspace API library'],
  'libnghttp2-14': ['library implementing HTTP/2 protocol (shared library)'],
  libonig5: ['regular expressions library'],
  'libpcap0.8': ['system interface for user-level packet capture'],
  libpsl5: ['Library for Public Suffix List (shared libraries)'],
  librtmp1: ['toolkit for RTMP streams (shared library)'],
  'libsasl2-2': ['Cyrus SASL - authentication abstraction library'],
  'libsasl2-modules': ['Cyrus SASL - pluggable authentication modules'],
  'libsasl2-modules-db': ['Cyrus SASL - pluggable authentication modules (DB)'],
  'libssh-4': ['tiny C SSH library (OpenSSL flavor)'],
  'libssh2-1': ['SSH2 client-side library'],
  libxtables12: ['netfilter xtables library'],
  nano: ['small, friendly text editor inspired by Pico', bin('/usr/bin', 'nano')],
  netbase: ['Basic TCP/IP networking system'],
  'net-tools': ['NET-3 networking toolkit', { '/usr/bin/netstat': 'netstat', '/usr/sbin/ifconfig': 'ifconfig', '/usr/sbin/route': 'route', '/usr/sbin/arp': 'arp' }],
  'netcat-openbsd': ['TCP/IP swiss army knife', { '/usr/bin/nc': 'nc', '/usr/bin/netcat': 'nc' }],
  nftables: ['Program to control packet filtering rules by Netfilter project', bin('/usr/sbin', 'nft')],
  openssl: ['Secure Sockets Layer toolkit - cryptographic utility'],
  procps: ['/proc file system utilities', bin('/usr/bin', 'ps top free uptime pgrep pkill watch')],
  publicsuffix: ['accurate, machine-readable list of domain name suffixes'],
  sudo: ['Provide limited super user privileges to specific users', bin('/usr/bin', 'sudo')],
  tcpdump: ['command-line network traffic analyzer', bin('/usr/bin', 'tcpdump')],
  traceroute: ['Traces the route taken by packets over an IPv4/IPv6 network', bin('/usr/bin', 'traceroute')],
  vim: ['Vi IMproved - enhanced vi editor', { '/usr/bin/vim': 'vim', '/usr/bin/vi': 'vi' }],
  'vim-common': ['Vi IMproved - Common files'],
  'vim-runtime': ['Vi IMproved - Runtime files'],
  wget: ['retrieves files from the web', bin('/usr/bin', 'wget')],
  xxd: ['tool to make (or reverse) a hex dump', bin('/usr/bin', 'xxd')],
};

/** Lines `NAME VERSION SECTION SIZE INSTALLED-KIB [DEPENDS,…]`; `_all` after the name: not for one architecture. */
function packages(table: string): Package[] {
  return table.trim().split('\n').map((line) => {
    const [word = '', version = '', section = '', size, installed, depends = ''] = line.trim().split(/\s+/);
    const name = word.replace(/_all$/, ''), [summary, files = {}] = CONTENTS[name]!;
    return { name, version, section, architecture: word === name ? 'amd64' : 'all', size: Number(size), installed: Number(installed) * 1024, depends: depends.split(',').filter(Boolean), summary, files };
  });
}

/** Debian 12 (bookworm). */
const DEBIAN: Archive = {
  paths: ['/debian', '/debian-security'],
  releases: { bookworm: 151_000, 'bookworm-updates': 55_400, 'bookworm-security': 48_000 },
  indexes: { 'bookworm/main': 8_793_000, 'bookworm-updates/main': 756, 'bookworm-security/main': 261_000 },
  packages: packages(`
    bind9-dnsutils 1:9.18.33-1~deb12u2 bookworm-security/main 155000 668 bind9-host,bind9-libs
    bind9-host 1:9.18.33-1~deb12u2 bookworm-security/main 54500 143 bind9-libs
    bind9-libs 1:9.18.33-1~deb12u2 bookworm-security/main 1192000 3370
    bridge-utils 1.7.1-1 bookworm/main 35300 111
    ca-certificates_all 20230311 bookworm/main 153000 388 openssl
    conntrack 1:1.4.7-1+b2 bookworm/main 34900 97 libnetfilter-conntrack3
    curl 7.88.1-10+deb12u12 bookworm/main 315000 501 libcurl4
    dnsutils_all 1:9.18.33-1~deb12u2 bookworm-security/main 12300 15 bind9-dnsutils
    ethtool 1:6.1-1 bookworm/main 197000 668 libmnl0
    file 1:5.44-3 bookworm/main 42500 123
    iperf3 3.12-1+deb12u2 bookworm-security/main 34000 86 libiperf0
    iproute2 6.1.0-3 bookworm/main 1046000 3606 libbpf1,libelf1,libmnl0,libxtables12,libcap2-bin
    ipset 7.17-1 bookworm/main 46500 144 libmnl0
    ipvsadm 1:1.31-1+b1 bookworm/main 41600 128 libnl-3-200,libnl-genl-3-200,libpopt0
    iptables 1.8.9-2 bookworm/main 360000 2413 libip4tc2,libip6tc2,libmnl0,libnetfilter-conntrack3,libnfnetlink0,libnftnl11,libxtables12,netbase
    iputils-ping 3:20221126-1+deb12u1 bookworm/main 47200 123 libcap2-bin
    jq 1.6-2.1+deb12u1 bookworm/main 64900 109 libjq1,libonig5
    less 590-2.1~deb12u2 bookworm/main 131000 322
    libbpf1 1:1.1.0-1 bookworm/main 145000 378 libelf1
    libblas3 3.11.0-2 bookworm/main 149000 464
    libiperf0 3.12-1+deb12u2 bookworm-security/main 91200 252 libsctp1
    liblinear4 2.3.0+dfsg-5 bookworm/main 43600 102 libblas3
    liblua5.3-0 5.3.6-2 bookworm/main 123000 495
    libnl-3-200 3.7.0-0.2+b1 bookworm/main 63100 182
    libnl-genl-3-200 3.7.0-0.2+b1 bookworm/main 21600 58 libnl-3-200
    libpopt0 1.19+dfsg-1 bookworm/main 43300 245
    libsctp1 1.0.19+dfsg-2 bookworm/main 29700 56
    mtr-tiny 0.95-1 bookworm/main 71800 161
    nmap 7.93+dfsg1-1 bookworm/main 1897000 4434 nmap-common,liblinear4,liblua5.3-0,libpcap0.8,libssh2-1
    nmap-common_all 7.93+dfsg1-1 bookworm/main 4148000 21188
    libbrotli1 1.0.9-2+b6 bookworm/main 275000 787
    libbsd0 0.11.7-2 bookworm/main 117000 240 libmd0
    libcap2-bin 1:2.66-4+deb12u1 bookworm/main 34700 126
    libcurl4 7.88.1-10+deb12u12 bookworm/main 390000 829 ca-certificates,libbrotli1,libldap-2.5-0,libnghttp2-14,libpsl5,librtmp1,libssh2-1
    libelf1 0.188-2.1 bookworm/main 174000 1086
    libip4tc2 1.8.9-2 bookworm/main 18500 40
    libip6tc2 1.8.9-2 bookworm/main 18800 40
    libjq1 1.6-2.1+deb12u1 bookworm/main 135000 331 libonig5
    libldap-2.5-0 2.5.13+dfsg-5 bookworm/main 183000 559 libsasl2-2
    libmd0 1.0.4-2 bookworm/main 29200 79
    libmnl0 1.0.4-3 bookworm/main 12500 42
    libnetfilter-conntrack3 1.0.9-3 bookworm/main 40700 113 libmnl0,libnfnetlink0
    libnfnetlink0 1.0.2-2 bookworm/main 15100 49
    libnftables1 1.0.6-2+deb12u2 bookworm/main 299000 860 libmnl0,libnftnl11,libxtables12
    libnftnl11 1.2.4-2 bookworm/main 63600 240 libmnl0
    libnghttp2-14 1.52.0-1+deb12u2 bookworm/main 72400 210
    libonig5 6.9.8-1 bookworm/main 188000 640
    libpcap0.8 1.10.3-1 bookworm/main 157000 411
    libpsl5 0.21.2-1 bookworm/main 58700 106 publicsuffix
    librtmp1 2.4+20151223.gitfa8646d.1-2+b2 bookworm/main 60800 163
    libsasl2-2 2.1.28+dfsg-10 bookworm/main 59700 179 libsasl2-modules-db
    libsasl2-modules-db 2.1.28+dfsg-10 bookworm/main 20300 103
    libssh2-1 1.10.0-3+b1 bookworm/main 179000 311
    libxtables12 1.8.9-2 bookworm/main 30600 97
    nano 7.2-1+deb12u1 bookworm/main 690000 2871
    netbase_all 6.4 bookworm/main 12800 41
    net-tools 2.10-0.1+deb12u2 bookworm/main 243000 1002
    netcat-openbsd 1.219-1 bookworm/main 41500 113 libbsd0
    nftables 1.0.6-2+deb12u2 bookworm/main 71300 178 libnftables1
    openssl 3.0.15-1~deb12u1 bookworm/main 1423000 2292
    procps 2:4.0.2-3 bookworm/main 709000 2347
    publicsuffix_all 20230209.2326-1 bookworm/main 126000 318
    sudo 1.9.13p3-1+deb12u2 bookworm/main 1890000 6199
    tcpdump 4.99.3-1 bookworm/main 467000 1310 libpcap0.8
    traceroute 1:2.1.2-1 bookworm/main 53600 163
    vim 2:9.0.1378-2+deb12u2 bookworm/main 1567000 3731 vim-common,vim-runtime
    vim-common_all 2:9.0.1378-2+deb12u2 bookworm/main 124000 421 xxd
    vim-runtime_all 2:9.0.1378-2+deb12u2 bookworm/main 7027000 34803
    wget 1.21.3-1+deb12u1 bookworm/main 937000 3685 libpsl5
    xxd 2:9.0.1378-2+deb12u2 bookworm/main 83800 276
  `),
};

/** Ubuntu 22.04 (jammy). */
const UBUNTU: Archive = {
  paths: ['/ubuntu'],
  releases: { jammy: 270_000, 'jammy-updates': 128_000, 'jammy-backports': 127_000, 'jammy-security': 129_000 },
  indexes: {
    'jammy/main': 1_792_000, 'jammy/universe': 17_500_000, 'jammy-updates/main': 2_775_000, 'jammy-updates/universe': 1_517_000, 'jammy-security/main': 2_469_000, 'jammy-security/universe': 1_226_000, 'jammy-backports/main': 82_700, 'jammy-backports/universe': 35_200,
  },
  packages: packages(`
    bind9-dnsutils 1:9.18.30-0ubuntu0.22.04.2 jammy-updates/main 157000 483 bind9-host,bind9-libs
    bind9-host 1:9.18.30-0ubuntu0.22.04.2 jammy-updates/main 52200 146 bind9-libs
    bind9-libs 1:9.18.30-0ubuntu0.22.04.2 jammy-updates/main 1257000 3250
    bridge-utils 1.7-1ubuntu3 jammy/main 33400 113
    ca-certificates_all 20240203~22.04.1 jammy-updates/main 162000 394 openssl
    conntrack 1:1.4.6-2build2 jammy/main 33500 106 libnetfilter-conntrack3
    curl 7.81.0-1ubuntu1.20 jammy-updates/main 194000 454 libcurl4
    dnsutils_all 1:9.18.30-0ubuntu0.22.04.2 jammy-updates/universe 3922 24 bind9-dnsutils
    ethtool 1:5.16-1ubuntu0.2 jammy-updates/main 206000 656 libmnl0
    file 1:5.41-3ubuntu0.1 jammy-updates/main 21500 80
    iperf3 3.9-1+deb11u1build0.22.04.1 jammy/universe 14500 49 libiperf0
    iproute2 5.15.0-1ubuntu2 jammy/main 1070000 3073 libbpf0,libelf1,libmnl0,libxtables12,libcap2-bin
    ipset 7.15-1build1 jammy/main 32800 119 libmnl0
    ipvsadm 1:1.31-1build2 jammy/main 42300 129 libnl-3-200,libnl-genl-3-200,libpopt0
    iptables 1.8.7-1ubuntu5.2 jammy-updates/main 455000 2632 libip4tc2,libip6tc2,libmnl0,libnetfilter-conntrack3,libnfnetlink0,libnftnl11,libxtables12,netbase
    iputils-ping 3:20211215-1 jammy/main 42900 115 libcap2-bin
    jq 1.6-2.1ubuntu3 jammy/main 52500 100 libjq1,libonig5
    less 590-1ubuntu0.22.04.3 jammy-updates/main 142000 312
    libbpf0 1:0.5.0-1ubuntu22.04.1 jammy-updates/main 140000 361 libelf1
    libblas3 3.10.0-2ubuntu1 jammy/main 228000 631
    libiperf0 3.9-1+deb11u1build0.22.04.1 jammy/universe 73600 206 libsctp1
    liblinear4 2.3.0+dfsg-5 jammy/universe 41400 95 libblas3
    liblua5.3-0 5.3.6-1build1 jammy/main 140000 526
    libnl-3-200 3.5.0-0.1 jammy/main 59100 178
    libnl-genl-3-200 3.5.0-0.1 jammy/main 12400 45 libnl-3-200
    libpopt0 1.18-3build1 jammy/main 28200 108
    libsctp1 1.0.19+dfsg-1build1 jammy/main 10000 37
    mtr-tiny 0.95-1 jammy/main 59000 147
    nmap 7.91+dfsg1+really7.80+dfsg1-2ubuntu0.1 jammy-updates/universe 1731000 4341 nmap-common,liblinear4,liblua5.3-0,libpcap0.8,libssh2-1
    nmap-common_all 7.91+dfsg1+really7.80+dfsg1-2ubuntu0.1 jammy-updates/universe 3940000 21216
    libbrotli1 1.0.9-2build6 jammy/main 315000 795
    libbsd0 0.11.5-1 jammy/main 44800 134 libmd0
    libcap2-bin 1:2.44-1ubuntu0.22.04.2 jammy-updates/main 26000 119
    libcurl4 7.81.0-1ubuntu1.20 jammy-updates/main 289000 777 ca-certificates,libbrotli1,libldap-2.5-0,libnghttp2-14,libpsl5,librtmp1,libssh-4
    libelf1 0.186-1ubuntu0.1 jammy-updates/main 51100 161
    libip4tc2 1.8.7-1ubuntu5.2 jammy-updates/main 19900 50
    libip6tc2 1.8.7-1ubuntu5.2 jammy-updates/main 20300 50
    libjq1 1.6-2.1ubuntu3 jammy/main 133000 332 libonig5
    libldap-2.5-0 2.5.18+dfsg-0ubuntu0.22.04.3 jammy-updates/main 183000 556 libsasl2-2,libldap-common,libsasl2-modules
    libldap-common_all 2.5.18+dfsg-0ubuntu0.22.04.3 jammy-updates/main 16200 87
    libmd0 1.0.4-1build1 jammy/main 23000 76
    libmnl0 1.0.4-3build2 jammy/main 13200 45
    libnetfilter-conntrack3 1.0.9-1 jammy/main 45300 131 libmnl0,libnfnetlink0
    libnfnetlink0 1.0.1-3build3 jammy/main 14600 54
    libnftables1 1.0.2-1ubuntu3 jammy/main 264000 800 libmnl0,libnftnl11,libxtables12
    libnftnl11 1.2.1-1build1 jammy/main 65500 250 libmnl0
    libnghttp2-14 1.43.0-1ubuntu0.2 jammy-updates/main 76900 219
    libonig5 6.9.7.1-2build1 jammy/main 172000 605
    libpcap0.8 1.10.1-4ubuntu1.22.04.1 jammy-updates/main 145000 376
    libpsl5 0.21.0-1.2build2 jammy/main 58400 107 publicsuffix
    librtmp1 2.4+20151223.gitfa8646d.1-2build4 jammy/main 58200 158
    libsasl2-2 2.1.27+dfsg2-3ubuntu1.2 jammy-updates/main 53800 180 libsasl2-modules-db
    libsasl2-modules 2.1.27+dfsg2-3ubuntu1.2 jammy-updates/main 68800 270
    libsasl2-modules-db 2.1.27+dfsg2-3ubuntu1.2 jammy-updates/main 20500 96
    libssh-4 0.9.6-2ubuntu0.22.04.3 jammy-updates/main 186000 482
    libxtables12 1.8.7-1ubuntu5.2 jammy-updates/main 31300 117
    nano 6.2-1 jammy/main 280000 881
    netbase_all 6.3 jammy/main 12900 46
    net-tools 1.60+git20181103.0eebece-1ubuntu5.4 jammy-updates/main 204000 819
    netcat-openbsd 1.218-4ubuntu1 jammy/main 39400 113 libbsd0
    nftables 1.0.2-1ubuntu3 jammy/main 68600 191 libnftables1
    openssl 3.0.2-0ubuntu1.19 jammy-updates/main 1183000 2108
    procps 2:3.3.17-6ubuntu2.1 jammy-updates/main 378000 1379
    publicsuffix_all 20211207.1025-1 jammy/main 129000 334
    sudo 1.9.9-1ubuntu2.4 jammy-updates/main 820000 2535
    tcpdump 4.99.1-3ubuntu0.2 jammy-updates/main 501000 1336 libpcap0.8
    traceroute 1:2.1.0-2 jammy/universe 45400 148
    vim 2:8.2.3995-1ubuntu2.24 jammy-updates/main 1734000 4017 vim-common,vim-runtime
    vim-common_all 2:8.2.3995-1ubuntu2.24 jammy-updates/main 81500 376 xxd
    vim-runtime_all 2:8.2.3995-1ubuntu2.24 jammy-updates/main 6833000 32993
    wget 1.21.2-2ubuntu1.1 jammy-updates/main 339000 984 libpsl5
    xxd 2:8.2.3995-1ubuntu2.24 jammy-updates/main 51200 276
  `),
};

export const ARCHIVES: readonly Archive[] = [DEBIAN, UBUNTU];
