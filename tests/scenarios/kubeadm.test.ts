import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kubeadm } from '../../src/scenarios/kubeadm/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

let world: World;
const on = async (host: string, command: string) => (await runCommand(world, host, command)).output;

describe('kubeadm: the machines of the notes on interfaces and CNI', () => {
  beforeAll(() => {
    world = bootScenario(kubeadm(), { seed: 'test' });
  });

  test('cni0 is the fifth link, with the MTU and the address of the notes', async () => {
    expect(await on('controlplane', 'ip link show cni0')).toBe('5: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1360 qdisc noqueue state UP mode DEFAULT group default qlen 1000\n    link/ether 5e:8c:d4:cc:64:d9 brd ff:ff:ff:ff:ff:ff\n');
  });

  test('the default route leaves through the management network, Pods go through flannel', async () => {
    expect(await on('controlplane', 'ip route')).toBe('default via 172.25.0.1 dev eth1 \n10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1 \n10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink \n172.25.0.0/24 dev eth1 proto kernel scope link src 172.25.0.10 \n172.30.1.0/24 dev eth0 proto kernel scope link src 172.30.1.2 \n');
    expect(await on('node01', 'ip -d link show flannel.1')).toContain('vxlan id 1 local 172.30.1.3 dev eth0');
  });

  test('the student is root on the control plane; nobody sits on the hypervisor', () => {
    expect([...world.machines.keys()]).toEqual(['controlplane', 'node01']);
  });

  test('the kubeconfig is there, the nodes are Ready', async () => {
    const nodes = await on('controlplane', 'kubectl get nodes -o wide --no-headers');
    expect(nodes).toMatch(/^controlplane +Ready +control-plane .* v1\.28\.15 +172\.30\.1\.2 .*Ubuntu 22\.04\.4 LTS .*containerd:\/\/1\.6\.26\nnode01 +Ready +<none> .* 172\.30\.1\.3 /);
    expect(await on('controlplane', "kubectl get node node01 -o jsonpath='{.status.allocatable.memory} {.status.allocatable.ephemeral-storage}'")).toBe('3922952Ki 18556039987');
  });

  test('both CoreDNS Pods are on the control plane: they were there first', async () => {
    expect((await on('controlplane', 'kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide --no-headers')).match(/10\.244\.0\.[23] +controlplane/g)).toHaveLength(2);
  });

  test('a Pod of one node reaches one of the other, and the world', async () => {
    await on('controlplane', 'kubectl run web --image=nginx --port=80; kubectl expose pod web; kubectl wait --for=condition=Ready pod/web');
    expect(await on('controlplane', 'curl -s $(kubectl get svc web -o jsonpath={.spec.clusterIP}) | grep title')).toContain('Welcome to nginx!');
    expect(await on('node01', 'getent hosts archive.ubuntu.com')).toContain('archive.ubuntu.com');
    expect(world.defects).toEqual([]);
  });
});

describe('kubeadm-sin-cni: before a network plugin', () => {
  beforeAll(() => {
    world = bootScenario(kubeadm({ cni: false }), { seed: 'test' });
  });

  test('nodes are NotReady, CoreDNS waits, host-network Pods run', async () => {
    expect(await on('controlplane', 'kubectl get nodes --no-headers')).toMatch(/^controlplane +NotReady .*\nnode01 +NotReady /);
    const pods = await on('controlplane', 'kubectl get pods -n kube-system --no-headers');
    expect(pods.match(/coredns-\S+ +0\/1 +Pending/g)).toHaveLength(2);
    expect(pods.match(/1\/1 +Running/g)).toHaveLength(6);
    expect(await on('node01', 'ls /etc/cni/net.d')).toBe('');
    expect(await on('node01', 'ip link show cni0')).toBe('Device "cni0" does not exist.\n');
  });
});

describe('kubeadm-vacio: a cluster from nothing', () => {
  beforeAll(async () => {
    world = bootScenario(kubeadm({ bare: true, cni: false }), { seed: 'test' });
  });

  test('before: a kubelet without configuration, started again and again', async () => {
    expect(await on('controlplane', 'systemctl is-active kubelet; ls /etc/kubernetes/manifests 2>&1')).toContain('activating');
    expect(await on('controlplane', 'journalctl -u kubelet | grep -c "failed to load kubelet config file"')).not.toBe('0\n');
  });

  test('init makes the control plane; without a network plugin it is NotReady', async () => {
    const said = await on('controlplane', 'kubeadm init --apiserver-advertise-address=172.30.1.2 --pod-network-cidr=10.244.0.0/16 --token abcdef.0123456789abcdef');
    expect(said).toContain('apiserver serving cert is signed for DNS names [controlplane kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local] and IPs [10.96.0.1 172.30.1.2]\n');
    expect(said).toContain('Your Kubernetes control-plane has initialized successfully!');
    expect(await on('controlplane', 'mkdir -p ~/.kube; cp /etc/kubernetes/admin.conf ~/.kube/config; kubectl get nodes --no-headers')).toMatch(/^controlplane +NotReady +control-plane /);
    expect(await on('controlplane', 'kubeadm init')).toContain('[ERROR Port-6443]: Port 6443 is in use');
  });

  test('join: a wrong token and a wrong hash are refused, the right ones make a node', async () => {
    const join = (token: string, more: string) => on('node01', `kubeadm join 172.30.1.2:6443 --token ${token} ${more}`);
    expect(await join('zzzzzz.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification')).toContain('could not find a JWS signature in the cluster-info ConfigMap for token ID "zzzzzz"');
    expect(await join('abcdef.0123456789abcdef', '--discovery-token-ca-cert-hash sha256:00')).toContain('cluster CA found in cluster-info ConfigMap is invalid: none of the public keys');
    const command = (await on('controlplane', 'kubeadm token create --print-join-command')).trim();
    expect(await on('node01', command)).toContain('This node has joined the cluster:');
    await on('controlplane', 'kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml');
    await world.advance(world.clock.now + 45 * SECOND);
    expect((await on('controlplane', 'kubectl get nodes --no-headers')).match(/ Ready /g)).toHaveLength(2);
    expect(await on('controlplane', 'kubectl get csr --no-headers')).toMatch(/system:bootstrap:\w{6} .*Approved,Issued/);
  });

  test('reset takes it back, and the machine can join again', async () => {
    expect(await on('node01', 'kubeadm reset -f; ls /etc/kubernetes/kubelet.conf')).toContain("cannot access '/etc/kubernetes/kubelet.conf'");
    expect(await on('node01', `${(await on('controlplane', 'kubeadm token create --print-join-command')).trim()} | grep joined`)).toBe('This node has joined the cluster:\n');
    expect(world.defects).toEqual([]);
  });
});

describe('kubeadm init --config', () => {
  const HASH = "openssl x509 -pubkey -in /etc/kubernetes/pki/ca.crt | openssl rsa -pubin -outform der 2>/dev/null | openssl dgst -sha256 -hex | sed 's/^.* //'";
  const hash = async () => /sha256:(\w{64})/.exec(await on('controlplane', 'kubeadm token create --print-join-command'))![1]!;

  beforeAll(async () => {
    world = bootScenario(kubeadm({ bare: true, cni: false }), { seed: 'test' });
    await on('controlplane', `cat > c.yaml <<'FIN'
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
networking: {podSubnet: 10.50.0.0/16, serviceSubnet: 10.60.0.0/16, dnsDomain: casa.local}
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 172.30.1.2}
FIN`);
  });

  test('says what it cannot read', async () => {
    expect(await on('controlplane', 'kubeadm init --config nada.yaml')).toContain('unable to read config from "nada.yaml" : open nada.yaml: no such file or directory\n');
    expect(await on('controlplane', 'kubeadm init --config c.yaml --pod-network-cidr=10.1.0.0/16')).toContain("can not mix '--config' with arguments [pod-network-cidr]\n");
    expect(await on('controlplane', "sed 's/v1beta3/v1beta2/' c.yaml > vieja.yaml; kubeadm init --config vieja.yaml")).toContain('your configuration file uses an old API spec: "kubeadm.k8s.io/v1beta2". Please use kubeadm v1.22 instead');
    expect(await on('controlplane', 'kubeadm init --kubernetes-version=v1.28.99')).toContain('[ERROR ImagePull]: failed to pull image registry.k8s.io/kube-apiserver:v1.28.99');
  });

  test('its ranges and its domain are the cluster’s, also for who joins', async () => {
    await on('controlplane', 'kubeadm init --config c.yaml; mkdir -p ~/.kube; cp /etc/kubernetes/admin.conf ~/.kube/config');
    expect(await on('controlplane', 'kubectl get svc -A --no-headers')).toMatch(/kubernetes +ClusterIP +10\.60\.0\.1 [^]*kube-dns +ClusterIP +10\.60\.0\.10 /);
    expect(await on('controlplane', 'kubectl -n kube-system get cm kubeadm-config -o yaml | grep -A3 networking:')).toContain('dnsDomain: casa.local\n      podSubnet: 10.50.0.0/16\n      serviceSubnet: 10.60.0.0/16');
    await on('node01', await on('controlplane', 'kubeadm token create --print-join-command'));
    expect(await on('node01', 'cat /var/lib/kubelet/config.yaml')).toContain('clusterDNS:\n- 10.60.0.10\nclusterDomain: casa.local\n');
    await on('controlplane', 'kubectl apply -f https://raw.githubusercontent.com/projectcalico/calico/v3.26.1/manifests/calico.yaml');
    await world.advance(world.clock.now + 30 * SECOND);
    expect(await on('controlplane', "kubectl get ippool default-ipv4-ippool -o jsonpath='{.spec.cidr}'")).toBe('10.50.0.0/16');
  });

  test('the pinned hash is of the CA’s public key; a CA made anew has another', async () => {
    const first = await hash();
    expect(await on('controlplane', HASH)).toBe(`${first}\n`);
    await on('controlplane', 'kubeadm reset -f; kubeadm init --config c.yaml');
    expect(await on('controlplane', HASH)).toBe(`${await hash()}\n`);
    expect(await hash()).not.toBe(first);
    expect(world.defects).toEqual([]);
  });
});
