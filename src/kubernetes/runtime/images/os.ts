/** What the operating systems of the images bring: names of programs by where they are. */
const at = (dir: string, names: string) => Object.fromEntries(names.trim().split(/\s+/).map((n) => [`${dir}/${n}`, n]));

/** coreutils, as Debian and Ubuntu install them. */
const COREUTILS = `base64 basename cat chmod chown cp cut date dd df dirname du echo env expr false fold head id install join kill ln ls
  md5sum mkdir mkfifo mktemp mv nl nproc od paste printenv printf pwd readlink realpath rm rmdir seq sha256sum shuf sleep sort split stat
  stty sync tac tail tee test timeout touch tr true truncate tty uname uniq wc whoami yes`;

/** debian:bookworm-slim, ubuntu: no curl, no ip, no ping, no ps that is not there in the real one. */
export const DEBIAN = {
  ...at('/usr/bin', `${COREUTILS} bash grep egrep fgrep sed find xargs tar gzip gunzip zcat hostname diff more which clear dpkg apt apt-get apt-cache getent`),
  '/usr/bin/sh': 'sh', '/usr/sbin/chroot': 'chroot',
};
/** ubuntu has procps, debian:slim has not. */
export const UBUNTU = { ...DEBIAN, ...at('/usr/bin', 'ps free uptime pgrep pkill top watch mount umount dmesg lsblk'), '/usr/bin/awk': 'awk', '/usr/sbin/sysctl': 'sysctl' };

/** What Debian links since the merge of /usr. */
export const MERGED_USR = { '/bin': 'usr/bin', '/sbin': 'usr/sbin', '/lib': 'usr/lib', '/var/run': '../run' };

const APPLETS = `arp arping awk basename cat chmod chown chroot clear cp cut date dd df diff dirname dmesg du echo env expr false find fold free grep egrep fgrep
  gunzip gzip head hostname id ifconfig ip kill killall less ln ls md5sum mkdir mkfifo mktemp more mount mv nc netstat nslookup od paste pgrep ping
  ping6 pkill printenv printf ps pwd readlink realpath rm rmdir route sed seq sha256sum sleep sort stat stty sync tac tail tar tee telnet test
  timeout top touch tr traceroute true tty umount uname uniq uptime vi watch wc wget which whoami xargs yes`;
/** busybox: one binary under many names, all in /bin. */
const OWN = { '/bin/ip': 'busybox-ip', '/bin/ls': 'busybox-ls', '/bin/netstat': 'busybox-netstat', '/bin/nslookup': 'busybox-nslookup', '/bin/ps': 'busybox-ps', '/bin/wget': 'busybox-wget' };
export const BUSYBOX = { ...at('/bin', APPLETS), ...OWN, '/bin/sh': 'ash', '/bin/ash': 'ash' };
/** Alpine: the same, spread over /bin, /sbin and /usr/bin. */
export const ALPINE = { ...at('/bin', APPLETS), ...OWN, '/bin/sh': 'ash', '/bin/ash': 'ash', '/sbin/apk': 'apk', '/sbin/ip': 'busybox-ip', '/sbin/ifconfig': 'ifconfig', '/sbin/route': 'route' };

/** What `apt-get install` of the network packages would bring, for images made for debugging. */
export const NETWORK_TOOLS = {
  ...at('/usr/bin', 'curl wget dig nslookup host nc tcpdump traceroute ping ss netstat jq strace lsof ethtool iperf3 nmap mtr openssl'),
  ...at('/usr/sbin', 'ip bridge iptables iptables-save iptables-restore ip6tables ipset ipvsadm conntrack arp ifconfig route tcpdump ethtool nft tc'),
};

export const osRelease = (id: 'debian' | 'ubuntu' | 'alpine') => OS_RELEASE[id];
const OS_RELEASE = {
  debian: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n',
  ubuntu: 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION="22.04.5 LTS (Jammy Jellyfish)"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\nSUPPORT_URL="https://help.ubuntu.com/"\nBUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"\nPRIVACY_POLICY_URL="https://www.ubuntu.com/legal/terms-and-policies/privacy-policy"\nUBUNTU_CODENAME=jammy\n',
  alpine: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
};

/** Debian's /etc/bash.bashrc and /etc/profile, as far as they are about the prompt. */
export const BASHRC: Record<string, string> = {
  '/etc/bash.bashrc': "# System-wide .bashrc file for interactive bash(1) shells.\n[ -z \"$PS1\" ] && return\nPS1='\\u@\\h:\\w\\$ '\n",
  '/etc/profile': "# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))\nif [ \"${PS1-}\" ]; then\n  if [ -f /etc/bash.bashrc ]; then\n    . /etc/bash.bashrc\n  fi\nfi\n",
};

/** Where packages come from. */
export const APT: Record<'debian' | 'ubuntu', Record<string, string>> = {
  debian: {
    '/etc/apt/sources.list.d/debian.sources': 'Types: deb\n# http://snapshot.debian.org/archive/debian/20240408T000000Z\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\nTypes: deb\n# http://snapshot.debian.org/archive/debian-security/20240408T000000Z\nURIs: http://deb.debian.org/debian-security\nSuites: bookworm-security\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
  },
  ubuntu: {
    '/etc/apt/sources.list': ['jammy', 'jammy-updates', 'jammy-backports'].map((suite) => `deb http://archive.ubuntu.com/ubuntu/ ${suite} main universe\n`).join('') + 'deb http://security.ubuntu.com/ubuntu/ jammy-security main universe\n',
  },
};

/** /etc files of every base image. */
export function etc(id: 'debian' | 'ubuntu' | 'alpine' | 'busybox', users = ''): Record<string, string> {
  const shell = id === 'debian' || id === 'ubuntu' ? '/bin/bash' : id === 'alpine' ? '/bin/ash' : '/bin/sh';
  return {
    '/etc/passwd': `root:x:0:0:root:/root:${shell}\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n${users}`,
    '/etc/group': 'root:x:0:\ndaemon:x:1:\nbin:x:2:\nnogroup:x:65534:\n',
    '/etc/nsswitch.conf': 'passwd:         files\ngroup:          files\nhosts:          files dns\n',
    ...(id === 'busybox' ? {} : { '/etc/os-release': osRelease(id) }),
    ...(id === 'debian' ? { '/etc/debian_version': '12.5\n' } : {}),
    ...(id === 'debian' || id === 'ubuntu' ? { ...BASHRC, ...APT[id], '/root/.bashrc': '# ~/.bashrc: executed by bash(1) for non-login shells.\n', '/etc/issue': `${id === 'debian' ? 'Debian GNU/Linux 12' : 'Ubuntu 22.04.5 LTS'} \\n \\l\n\n` } : {}),
  };
}
