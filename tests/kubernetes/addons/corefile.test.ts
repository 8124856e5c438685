import { describe, expect, it, test } from 'vitest';
import { CorefileError, parseCorefile } from '../../../src/kubernetes/addons/coredns/corefile.ts';
import { dnsLength, dnsQuery } from '../../../src/linux/net/dns-message.ts';
import { dnsAddon } from '../../../src/programs/kubeadm/phases/addons.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const KUBEADM = (dnsAddon({ dnsIP: '10.96.0.10', domain: 'cluster.local' }).find((o) => o.kind === 'ConfigMap')!['data'] as { Corefile: string }).Corefile;
const parse = (text: string) => parseCorefile(text, '/etc/coredns/Corefile');
const refusal = (text: string) => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof CorefileError) return error.message;
    throw error;
  }
  return 'none';
};

test("the Corefile of kubeadm has the SHA512 that the real CoreDNS logs", () => {
  const { blocks, sha } = parse(KUBEADM);
  expect(sha).toBe('591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908');
  expect(blocks[0]!.keys).toEqual(['.:53']);
  expect(blocks[0]!.directives.map((d) => d.name)).toEqual(['errors', 'health', 'ready', 'kubernetes', 'prometheus', 'forward', 'cache', 'loop', 'reload', 'loadbalance']);
  expect(blocks[0]!.directives[3]).toMatchObject({ args: ['cluster.local', 'in-addr.arpa', 'ip6.arpa'], line: 7, block: [{ words: ['pods', 'insecure'], line: 8 }, { words: ['fallthrough', 'in-addr.arpa', 'ip6.arpa'], line: 9 }, { words: ['ttl', '30'], line: 10 }] });
});

test('mistakes are said with their line', () => {
  expect(refusal('.:53 {\n  errors\n  fordward . 1.1.1.1\n}\n')).toBe("/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'fordward'");
  expect(refusal('.:53 {\n  errors\n  health {\n')).toBe('/etc/coredns/Corefile:3 - Error during parsing: Unexpected EOF');
  expect(refusal('.:53 {\n  errors\n')).toBe('/etc/coredns/Corefile:2 - Error during parsing: Unexpected EOF');
  expect(parse('a.example b.example:54 {\n whoami # here\n}\n').blocks[0]!.keys).toEqual(['a.example', 'b.example:54']);
});

test('sizes are those that CoreDNS logs: names written out', () => {
  const question = dnsQuery(1, 'kubernetes.default.svc.cluster.local.', 'A'), missing = dnsQuery(1, 'google.com.default.svc.cluster.local.', 'A');
  const soa = { name: 'cluster.local.', type: 'SOA' as const, ttl: 30, data: 'ns.dns.cluster.local. hostmaster.cluster.local. 1609459200 7200 1800 86400 30' };
  const uncompressed = { compressed: false };
  expect([dnsLength(question), dnsLength({ ...question, answer: [{ name: question.question.name, type: 'A', ttl: 30, data: '10.96.0.1' }] }, uncompressed)]).toEqual([54, 106]);
  expect([dnsLength(missing), dnsLength({ ...missing, authority: [soa] }, uncompressed)]).toEqual([54, 147]);
});

test('import puts files and snippets in its place', () => {
  const files: Record<string, string> = { '/etc/coredns/custom/a.override': 'log\nerrors\n', '/etc/coredns/custom/b.server': 'b.example {\n  whoami\n}\n' }, warned: string[] = [];
  const parsed = (text: string) => parseCorefile(text, '/etc/coredns/Corefile', { files: (pattern) => Object.keys(files).filter((f) => f.endsWith(pattern.slice(pattern.indexOf('*') + 1))).map((path) => ({ path, text: files[path]! })), warn: (line) => void warned.push(line) });
  const k3s = '.:53 {\n  ready\n  import /etc/coredns/custom/*.override\n  loop\n}\nimport custom/*.server\n';
  expect(parsed(k3s).blocks.map((b) => [b.keys, b.directives.map((d) => `${d.file}:${d.line} ${d.name}`)])).toEqual([
    [['.:53'], ['/etc/coredns/Corefile:2 ready', '/etc/coredns/custom/a.override:1 log', '/etc/coredns/custom/a.override:2 errors', '/etc/coredns/Corefile:4 loop']],
    [['b.example'], ['/etc/coredns/custom/b.server:2 whoami']],
  ]);
  expect(warned).toEqual([]);
  expect(parse(k3s.replace('custom/*.server', '/x/*.server')).blocks).toHaveLength(1);
  expect(parsed('(common) {\n  errors\n  cache {\n    success 100\n  }\n}\n.:53 {\n  import common\n  loop\n}\n').blocks.map((b) => b.directives.map((d) => d.name))).toEqual([['errors', 'cache', 'loop']]);
  files['/etc/coredns/custom/a.override'] = 'log\nlogg\n';
  expect(() => parsed(k3s)).toThrow("/etc/coredns/custom/a.override:2 - Error during parsing: Unknown directive 'logg'");
  expect(refusal('.:53 {\n  import missing\n}\n')).toBe('/etc/coredns/Corefile:2 - Error during parsing: File to import not found: missing');
  expect(refusal('(a) {\n import a\n}\n. {\n import a\n}\n')).toContain('maximum snippet import depth (10000) exceeded');
});

describe('CoreDNS does what its ConfigMap says', async () => {
  const world = bootScenario(kindPodman(), { seed: 'corefile' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;
  const later = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);
  const corefile = async (text: string) => run('mac', `kubectl -n kube-system create cm coredns --dry-run=client -o yaml --from-literal=Corefile='${text}' | kubectl replace -f -`);
  const log = () => run('mac', 'kubectl -n kube-system logs deploy/coredns --tail=60');
  const dig = (what: string) => run('worker-1', `dig @10.96.0.10 ${what}`);
  const block = (more: string, kubernetes = 'pods insecure\n fallthrough in-addr.arpa ip6.arpa\n ttl 30') => `.:53 {\n errors\n log\n health\n ready\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n ${kubernetes}\n }\n prometheus :9153\n ${more}\n forward . /etc/resolv.conf\n cache 30\n reload\n}\n`;

  it('answers are kept, and say how long they still hold', async () => {
    expect(await dig('+noall +answer spink.default.svc.cluster.local')).toMatch(/^spink\.default\.svc\.cluster\.local\. 30\s+IN\s+A\s+10\.96\.244\.84\n$/);
    await later(7);
    const ttls = new Set<string>();
    for (let i = 0; i < 6; i++) ttls.add(/\s(\d+)\s+IN/.exec(await dig('+noall +answer spink.default.svc.cluster.local'))![1]!);
    expect([...ttls].some((t) => Number(t) < 30)).toBe(true);
  });

  it('a change is reloaded; rewrite, hosts, template and stub domains', async () => {
    await corefile(`${block('rewrite name suffix .tienda.local .default.svc.cluster.local\n hosts {\n 10.0.0.7 siete.example\n fallthrough\n }\n template IN A nube.example {\n match ^(?P<n>[0-9]+)[.]nube[.]example[.]$\n answer "{{ .Name }} 60 IN A 10.1.1.{{ .Group.n }}"\n }')}corp.example:53 {\n errors\n forward . 172.18.0.77\n}\n`);
    await later(130);
    expect(await log()).toMatch(/\[INFO\] Reloading\n\[INFO\] plugin\/health: Going into lameduck mode for 5s\n\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}\n\[INFO\] Reloading complete\n/);
    expect(await dig('+short spink.tienda.local')).toBe('10.96.244.84\n');
    expect(await dig('+short siete.example')).toBe('10.0.0.7\n');
    expect(await dig('+short 9.nube.example')).toBe('10.1.1.9\n');
    expect(await dig('+tries=1 +timeout=6 host.corp.example | grep status')).toContain('SERVFAIL');
    const logs = await run('mac', "for p in $(kubectl -n kube-system get pods -l k8s-app=kube-dns -o name); do kubectl -n kube-system logs $p; done");
    expect(logs).toMatch(/\[INFO\] 10\.\S+:\d+ - \d+ "A IN spink\.tienda\.local\. udp \d+ false \d+" NOERROR qr,aa,rd \d+ 0\.\d+s\n/);
    expect(logs).toMatch(/\[ERROR\] plugin\/errors: 2 host\.corp\.example\. A: read udp 10\.\d+\.\d+\.\d+:\d+->172\.18\.0\.77:53: i\/o timeout\n/);
  });

  it('pods verified: only addresses that a Pod has', async () => {
    await corefile(block('', 'pods verified\n ttl 30'));
    await later(130);
    const ip = (await run('mac', "kubectl get pods -l app=spink -o jsonpath='{.items[0].status.podIP}'")).replaceAll('.', '-');
    expect(await dig(`+short ${ip}.default.pod.cluster.local`)).toBe(`${ip.replaceAll('-', '.')}\n`);
    expect(await dig('1-2-3-4.default.pod.cluster.local | grep status')).toContain('NXDOMAIN');
  });

  it('metrics count what was asked', async () => {
    const [ip] = (await run('mac', "kubectl -n kube-system get pods -l k8s-app=kube-dns -o jsonpath='{.items[*].status.podIP}'")).split(' ');
    expect(await run('control-plane', `curl -s http://${ip}:9153/metrics`)).toMatch(/# TYPE coredns_dns_requests_total counter\ncoredns_dns_requests_total\{family="1",proto="udp",server="dns:\/\/:53",type="A",view="",zone="\."\} \d+\n/);
    expect(await run('control-plane', `curl -s http://${ip}:8181/ready; curl -s http://${ip}:8080/health`)).toBe('OKOK');
  });

  it('an error in it: the reload fails and the old one goes on; a new Pod does not start', async () => {
    await corefile(block('cachee 30'));
    await later(130);
    expect(await log()).toContain("[ERROR] Restart failed: /etc/coredns/Corefile:12 - Error during parsing: Unknown directive 'cachee'\n[ERROR] plugin/reload: Corefile changed but reload failed: /etc/coredns/Corefile:12 - Error during parsing: Unknown directive 'cachee'\n");
    expect(await dig('+short spink.default.svc.cluster.local')).toBe('10.96.244.84\n');
    await run('mac', 'kubectl -n kube-system delete pod -l k8s-app=kube-dns');
    await later(40);
    expect(await run('mac', 'kubectl -n kube-system get pods -l k8s-app=kube-dns --no-headers')).toMatch(/0\/1 +(CrashLoopBackOff|Error)/);
    expect(await run('mac', 'kubectl -n kube-system logs deploy/coredns')).toContain("/etc/coredns/Corefile:12 - Error during parsing: Unknown directive 'cachee'\n");
    expect(await run('worker-1', 'dig @10.96.0.10 +tries=1 +timeout=1 spink.default.svc.cluster.local')).toMatch(/connection refused|timed out|no servers could be reached/);
  });

  it('upstreams that lead back are a loop', async () => {
    await corefile(`.:53 {\n errors\n health\n ready\n loop\n forward . 127.0.0.1\n}\n`);
    await run('mac', 'kubectl -n kube-system delete pod -l k8s-app=kube-dns');
    await later(20);
    expect(await run('mac', 'kubectl -n kube-system logs deploy/coredns')).toMatch(/\[FATAL\] plugin\/loop: Loop \(127\.0\.0\.1:\d+ -> :53\) detected for zone "\.", see https:\/\/coredns\.io\/plugins\/loop#troubleshooting\. Query: "HINFO \d+\.\d+\."\n/);
    expect(world.defects).toEqual([]);
  });
});
