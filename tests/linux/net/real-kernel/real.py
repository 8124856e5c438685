"""Builds cases in real network namespaces and says what came of the probes: one JSON a line in, one a line out.

A namespace is a file descriptor; the process enters it (setns) before it opens sockets or starts a tool. See case.ts for the
shape of cases and outcomes.
"""
import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PID = os.getpid()
IP_MTU_DISCOVER, IP_RECVERR, IP_PKTINFO, SO_RCVBUFFORCE = 10, 11, 8, 33
IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_RECVPKTINFO, IPV6_PKTINFO = 23, 25, 49, 50
SO_EE_ORIGIN_LOCAL, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 = 1, 2, 3
IFF_RUNNING, IFF_LOWER_UP = 0x40, 0x10000
FLAGS = ((2, 'S'), (1, 'F'), (4, 'R'), (8, 'P'), (16, '.'))
# Settings that make the kernel quick to give up and quiet about it; the simulator gets those of them that it has.
OWN = {
    'net/ipv6/conf/all/disable_ipv6': '1', 'net/ipv6/conf/default/disable_ipv6': '1', 'net/ipv4/icmp_ratemask': '0',
    'net/ipv4/icmp_msgs_per_sec': '100000', 'net/ipv4/icmp_msgs_burst': '100000', 'net/ipv4/ping_group_range': '0 2147483647', 'net/ipv4/conf/all/log_martians': '0',
}
# Over IPv6: addresses of links are there at once.
OWN6 = {
    'net/ipv6/conf/all/accept_dad': '0', 'net/ipv6/conf/default/accept_dad': '0', 'net/ipv6/conf/default/router_solicitations': '0', 'net/ipv6/icmp/ratelimit': '0',
    'net/ipv4/ping_group_range': '0 2147483647',
}


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'setns')


def quiet(line):
    """A bridge that snoops sends IGMP of its own."""
    return line + ' mcast_snooping 0' if line.startswith('link add') and line.endswith('type bridge') else line


def create():
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'unshare')
    return os.open('/proc/self/ns/net', os.O_RDONLY)


def link_flags():
    """Flags of every link of this namespace (RTM_GETLINK)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack('=IHHIIBxHiII', 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))
        flags = []
        while True:
            data = s.recv(1 << 17)
            at = 0
            while at < len(data):
                length, kind = struct.unpack('=IH', data[at:at + 6])
                if kind == 3:
                    return flags
                if kind == 16:
                    flags.append(struct.unpack('=I', data[at + 24:at + 28])[0])
                at += (length + 3) & ~3


def tool(argv, text=None):
    done = subprocess.run(argv, input=text, capture_output=True, text=True)
    return done.stdout, done.stderr


def sysctl(name, value):
    try:
        with open('/proc/sys/' + name, 'w') as f:
            f.write(value)
    except OSError:
        if name not in OWN and name not in OWN6:
            raise


class Case:
    def __init__(self, case):
        self.case, self.patience, self.six = case, case.get('patience', 0.12), case.get('family') == 6
        self.af, self.any = (socket.AF_INET6, '::') if self.six else (socket.AF_INET, '0.0.0.0')
        self.ns, self.listeners, self.udp, self.captures, self.sockets = {}, {}, {}, {}, []

    def run(self):
        try:
            errors = self.build()
            self.settle()
            probes = []
            for probe in self.case['probes']:
                self.drain()
                result = self.probe(probe)
                time.sleep(0.004)
                result['seen'] = self.drain()
                probes.append(result)
            return {'errors': errors, 'probes': probes, 'state': self.state()}
        finally:
            for s in self.sockets:
                s.close()
            for fd in self.ns.values():
                os.close(fd)

    def socket(self, ns, *args):
        enter(self.ns[ns])
        s = socket.socket(*args)
        self.sockets.append(s)
        s.setblocking(False)
        return s

    def build(self):
        errors = []
        for ns in self.case['namespaces']:
            fd = create()
            self.ns[ns['name']] = fd
            for name, value in (OWN6 if self.six else OWN).items():
                sysctl(name, value)
            for name, value in ns['sysctls'].items():
                sysctl(name.replace('.', '/'), value)
        for step in self.case['ip']:
            enter(self.ns[step['ns']])
            words = [['/proc/%d/fd/%d' % (PID, self.ns[w]) if i > 0 and line.split()[i - 1] == 'netns' else w for i, w in enumerate(line.split())] for line in step['lines']]
            _, err = tool([step.get('program', 'ip'), *(['-6'] if self.six and 'program' not in step else []), '-force', '-batch', '-'], ''.join(quiet(' '.join(w)) + '\n' for w in words))
            errors += [step['ns'] + ': ' + e for e in err.splitlines() if not e.startswith('Command failed')]
        for ns in self.case['namespaces']:
            enter(self.ns[ns['name']])
            family = 'ipv6' if self.six else 'ipv4'
            for dev in os.listdir('/proc/sys/net/%s/neigh' % family):
                sysctl('net/%s/neigh/%s/retrans_time_ms' % (family, dev), self.case['retrans'])
            for program, text in (('ipset', ns.get('sets')), ('ip6tables-restore' if self.six else 'iptables-restore', ns.get('rules'))):
                if text:
                    _, err = tool([program, 'restore'] if program == 'ipset' else [program], text)
                    errors += [ns['name'] + ': ' + e for e in err.splitlines()]
            for server in ns['servers']:
                try:
                    self.serve(ns['name'], server)
                except OSError as e:
                    errors.append('%s: server: %s' % (ns['name'], errno.errorcode[e.errno]))
            packet = self.socket(ns['name'], socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            packet.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
            self.captures[ns['name']] = packet
        return errors

    def settle(self):
        """A carrier that has come counts (for a bridge: the port forwards) only when the kernel's linkwatch has told, up to a second later."""
        until = time.monotonic() + 2
        for ns in self.ns:
            enter(self.ns[ns])
            while time.monotonic() < until and any(flags & (IFF_LOWER_UP | IFF_RUNNING) == IFF_LOWER_UP for flags in link_flags()):
                time.sleep(0.02)
        time.sleep(0.01)

    def serve(self, ns, server):
        tcp = server['proto'] == 'tcp'
        s = self.socket(ns, self.af, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((server['ip'], server['port']))
        if tcp:
            s.listen(4096)
            self.listeners[s] = ns
        else:
            s.setsockopt(*((socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) if self.six else (socket.IPPROTO_IP, IP_PKTINFO, 1)))
            self.udp[s] = ns

    def ready(self, sockets, until):
        poll = select.poll()
        known = {}
        for s, events in sockets:
            known[s.fileno()] = s
            poll.register(s, events)
        left = until - time.monotonic()
        return [known[fd] for fd, _ in poll.poll(max(0, left) * 1000)]

    def probe(self, p):
        return {'tcp': self.tcp, 'udp': self.udp_probe, 'ping': self.ping}[p['kind']](p)

    def tcp(self, p):
        until = time.monotonic() + self.patience
        c = self.socket(p['from'], self.af, socket.SOCK_STREAM)
        server = None
        # A connection of an earlier probe that came about too late is none of this one's: it stays as it is.
        for l in self.ready([(l, select.POLLIN) for l in self.listeners], 0):
            self.sockets.append(l.accept()[0])
        try:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            c.bind((self.any, p['sport']))
            code = c.connect_ex((p['to'], p['port']))
            opened = code == 0
            if code not in (0, errno.EINPROGRESS):
                return {'result': errno.errorcode[code]}
            while not (opened and server):
                wanted = [(l, select.POLLIN) for l in self.listeners] + ([] if opened else [(c, select.POLLOUT)])
                ready = self.ready(wanted, until)
                if not ready:
                    break
                for s in ready:
                    if s is c:
                        # Not SO_ERROR, which also tells of a passing trouble of a connection that stands (sk_err_soft).
                        code = c.connect_ex((p['to'], p['port']))
                        if code == errno.EALREADY:
                            code = c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                        if code:
                            return {'result': errno.errorcode[code]}
                        opened = True
                    else:
                        try:
                            server, peer = s.accept()
                        except OSError:
                            continue
                        self.sockets.append(server)
                        server.setblocking(False)
                        where = {'ns': self.listeners[s], 'peer': '%s:%d' % peer[:2], 'local': '%s:%d' % server.getsockname()[:2]}
            if not opened:
                return {'result': 'timeout'}
            if not server:
                return {'result': 'open', 'local': '%s:%d' % c.getsockname()[:2]}
            result = {'result': 'open', 'server': where, 'received': 0}
            if p['size']:
                until = time.monotonic() + self.patience
                left, body = p['size'], b'x' * p['size']
                c.send(body)
                while left > 0:
                    if not self.ready([(server, select.POLLIN)], until):
                        break
                    data = server.recv(65536)
                    if not data:
                        break
                    left -= len(data)
                result['received'] = p['size'] - left
                time.sleep(0.001)
            if p['close'] == 'fin' and result['received'] == p['size']:
                until = time.monotonic() + self.patience
                c.shutdown(socket.SHUT_WR)
                if self.ready([(server, select.POLLIN)], until) and server.recv(1) == b'':
                    server.close()
                    self.ready([(c, select.POLLIN)], until)
            else:
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return result
        finally:
            c.close()
            if server:
                time.sleep(0.002)
                if p['close'] != 'fin':
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                server.close()

    def udp_probe(self, p):
        until = time.monotonic() + self.patience
        c = self.socket(p['from'], self.af, socket.SOCK_DGRAM)
        result = {}
        try:
            c.bind((self.any, p['sport']))
            c.setsockopt(*((socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER) if self.six else (socket.IPPROTO_IP, IP_MTU_DISCOVER)), 2 if p.get('df') else 1)
            try:
                c.connect((p['to'], p['port']))
                c.send(b'x' * p['size'])
            except OSError as e:
                return {'result': errno.errorcode[e.errno]}
            while True:
                ready = self.ready([(c, select.POLLIN)] + [(s, select.POLLIN) for s in self.udp], until)
                if not ready:
                    return {'result': 'timeout', **result}
                for s in ready:
                    if s is not c:
                        data, control, _, peer = s.recvmsg(65536, 256)
                        local = next((socket.inet_ntoa(d[8:12]) if level == 0 else address6(d[:16]) for level, kind, d in control if (level, kind) in ((0, IP_PKTINFO), (41, IPV6_PKTINFO))), '?')
                        result['server'] = {'ns': self.udp[s], 'peer': '%s:%d' % peer[:2], 'local': '%s:%d' % (local, s.getsockname()[1])}
                        result['received'] = len(data)
                        try:
                            s.sendto(b'y' * p['size'], peer)
                        except OSError as e:
                            result['answer'] = errno.errorcode[e.errno]
                for s in ready:
                    if s is c:
                        try:
                            return {'result': 'reply', 'size': len(c.recv(65536)), **result}
                        except OSError as e:
                            return {'result': errno.errorcode[e.errno], **result}
        finally:
            c.close()

    def ping(self, p):
        until = time.monotonic() + self.patience
        c = self.socket(p['from'], self.af, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6 if self.six else socket.IPPROTO_ICMP)
        try:
            c.bind((self.any, p['sport']))
            level, recverr, discover, ttl = (socket.IPPROTO_IPV6, IPV6_RECVERR, IPV6_MTU_DISCOVER, socket.IPV6_UNICAST_HOPS) if self.six else (socket.IPPROTO_IP, IP_RECVERR, IP_MTU_DISCOVER, socket.IP_TTL)
            c.setsockopt(level, recverr, 1)
            c.setsockopt(level, discover, 2 if p.get('df') else 0)
            if p.get('ttl'):
                c.setsockopt(level, ttl, p['ttl'])
            try:
                c.connect((p['to'], 0))
                c.send(struct.pack('!BBHHH', 128 if self.six else 8, 0, 0, 0, 1) + b'z' * p['size'])
            except OSError as e:
                return {'result': errno.errorcode[e.errno]}
            if not self.ready([(c, select.POLLIN)], until):
                return {'result': 'timeout'}
            try:
                _, control, _, _ = c.recvmsg(65536, 512, socket.MSG_ERRQUEUE)
            except OSError:
                data, peer = c.recvfrom(65536)
                return {'result': 'reply', 'from': peer[0], 'size': len(data) - 8}
            for level, kind, d in control:
                if (level, kind) in ((0, IP_RECVERR), (41, IPV6_RECVERR)):
                    code, origin, icmp, icmp_code, _, info, _ = struct.unpack('=IBBBBII', d[:16])
                    if origin == SO_EE_ORIGIN_ICMP:
                        return {'result': 'icmp %d/%d' % (icmp, icmp_code), 'from': socket.inet_ntoa(d[20:24]), **({'mtu': info} if icmp == 3 and icmp_code == 4 else {})}
                    if origin == SO_EE_ORIGIN_ICMP6:
                        return {'result': 'icmp %d/%d' % (icmp, icmp_code), 'from': address6(d[24:40]), **({'mtu': info} if icmp == 2 else {})}
                    return {'result': errno.errorcode[code]}
            return {'result': '?'}
        finally:
            c.close()

    def drain(self):
        seen = {}
        for ns, s in self.captures.items():
            lines = []
            while True:
                try:
                    data, address = s.recvfrom(70000)
                except BlockingIOError:
                    break
                line = describe(data) if address[1] == 0x0800 else describe6(data) if self.six and address[1] == 0x86dd else None
                if line:
                    lines.append('%s %s %s' % (address[0], {0: 'in', 1: 'in', 2: 'in', 3: 'other', 4: 'out'}.get(address[2], '?'), line))
            seen[ns] = lines
        return seen

    def state(self):
        out = {}
        for ns in self.case['namespaces']:
            name = ns['name']
            enter(self.ns[name])
            out[name] = {}
            for argv in self.case['tools']:
                stdout, stderr = tool(argv.split())
                out[name][argv] = stdout + ('' if argv.startswith('conntrack') else stderr)
        return out


def address(data):
    return socket.inet_ntoa(data)


def address6(data):
    return socket.inet_ntop(socket.AF_INET6, data)


def describe6(d, inner=False):
    """The same of IPv6; nothing of what the kernel sends by itself (neighbour discovery, groups)."""
    length, proto, ttl, body = struct.unpack('!H', d[4:6])[0] + 40, d[6], d[7], d[40:]
    src, dst = address6(d[8:24]), address6(d[24:40])
    end = '' if inner else ' ttl %d len %d' % (ttl, length)
    if proto == 0:
        return None
    if proto == 44:
        proto, at, body = body[0], struct.unpack('!H', body[2:4])[0], body[8:]
        if at & 0xfff8 or not inner:
            return '%s > %s proto %d frag %d%s%s' % (src, dst, proto, at & 0xfff8, '+' if at & 1 else '', end)
    if proto == 58:
        kind, code = body[0], body[1]
        if 130 <= kind <= 143:
            return None
        about = ' [%s]' % describe6(body[8:], True) if kind < 128 and not inner else ''
        return '%s > %s icmp %d/%d%s%s' % (src, dst, kind, code, about, end)
    sport, dport = struct.unpack('!HH', body[:4])
    flags = ' ' + ''.join(letter for bit, letter in FLAGS if body[13] & bit) if proto == 6 and not inner else ''
    return '%s:%d > %s:%d %s%s%s' % (src, sport, dst, dport, {6: 'tcp', 17: 'udp'}.get(proto, proto), flags, end)


def describe(d, inner=False):
    """One line: addresses, what it carries, and of the header what is not random."""
    length, fragment, ttl, proto = struct.unpack('!H', d[2:4])[0], struct.unpack('!H', d[6:8])[0], d[8], d[9]
    src, dst = address(d[12:16]), address(d[16:20])
    end = '' if inner else ' ttl %d len %d%s' % (ttl, length, ' df' if fragment & 0x4000 else '')
    if fragment & 0x1fff or (fragment & 0x2000 and not inner):
        more = '+' if fragment & 0x2000 else ''
        return '%s > %s proto %d frag %d%s%s' % (src, dst, proto, (fragment & 0x1fff) * 8, more, end)
    body = d[(d[0] & 15) * 4:]
    if proto == 1:
        kind, code = body[0], body[1]
        about = ' [%s]' % describe(body[8:], True) if kind in (3, 11, 12) and not inner else ''
        return '%s > %s icmp %d/%d%s%s' % (src, dst, kind, code, about, end)
    sport, dport = struct.unpack('!HH', body[:4])
    if proto == 17 and dport == 8472:
        return '%s > %s vxlan [%s]%s' % (src, dst, describe(body[30:]) if len(body) > 50 and body[28:30] == b'\x08\x00' else 'arp', end)
    if proto == 6 and not inner:
        flags = ''.join(letter for bit, letter in FLAGS if body[13] & bit)
        return '%s:%d > %s:%d tcp %s%s' % (src, sport, dst, dport, flags, end)
    return '%s:%d > %s:%d %s%s' % (src, sport, dst, dport, {6: 'tcp', 17: 'udp'}.get(proto, proto), end)


def main():
    for line in sys.stdin:
        case = json.loads(line)
        try:
            outcome = Case(case).run()
        except Exception:  # noqa: BLE001 the reader is told
            outcome = {'failed': traceback.format_exc()}
        print(json.dumps(outcome), flush=True)


main()
