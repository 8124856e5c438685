import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { bootScenario, loadScenario } from '../../src/scenarios/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

let world: World;
const on = async (host: string, command: string) => (await runCommand(world, host, command)).output;
const boot = async () => (world = bootScenario(await loadScenario('minikube'), { seed: 'test' }));
const pass = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);

describe('minikube in a VM: one node, Docker inside Docker', () => {
  beforeAll(boot);

  test('the student is an ordinary user of the VM, who may use Docker', async () => {
    expect(await on('vm', 'id -un; groups')).toBe('azureuser\nazureuser sudo docker\n');
    expect(await on('vm', 'docker ps --format "{{.Names}} {{.Image}}"')).toBe('minikube gcr.io/k8s-minikube/kicbase:v0.0.42\n');
    expect(await on('vm', 'minikube ip; minikube status; echo $?')).toBe('192.168.49.2\nminikube\ntype: Control Plane\nhost: Running\nkubelet: Running\napiserver: Running\nkubeconfig: Configured\n\n0\n');
  });

  test('the node runs Docker, and its Pods are containers of that Docker', async () => {
    expect(await on('vm', 'kubectl get nodes -o wide --no-headers')).toMatch(/^minikube +Ready +control-plane .* v1\.28\.3 +192\.168\.49\.2 .* docker:\/\/24\.0\.7\n$/);
    expect(await on('vm', "minikube ssh -- docker ps --filter name=etcd --format '{{.Names}}'")).toMatch(/^k8s_etcd_etcd-minikube_kube-system_\w+_0\nk8s_POD_etcd-minikube_kube-system_\w+_0\n$/);
    expect(await on('vm', 'minikube ssh "id -un; sudo crictl ps -q | wc -l"')).toBe('docker\n7\n');
  });

  test('etcd is asked with the certificates of minikube', async () => {
    const etcdctl = 'etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/var/lib/minikube/certs/etcd/ca.crt --cert=/var/lib/minikube/certs/etcd/server.crt --key=/var/lib/minikube/certs/etcd/server.key';
    expect(await on('vm', `kubectl exec etcd-minikube -n kube-system -- sh -c "${etcdctl} get /registry/namespaces --prefix --keys-only"`)).toContain('/registry/namespaces/kube-system\n');
  });

  test('metrics-server: none before it is enabled, then figures', async () => {
    expect(await on('vm', 'kubectl top nodes')).toBe('error: Metrics API not available\n');
    await on('vm', 'minikube addons enable metrics-server');
    await pass(60);
    expect(await on('vm', 'kubectl get apiservice v1beta1.metrics.k8s.io --no-headers')).toMatch(/^v1beta1\.metrics\.k8s\.io +kube-system\/metrics-server +True /);
    expect(await on('vm', 'kubectl top nodes')).toMatch(/^NAME +CPU\(cores\) +CPU% +MEMORY\(bytes\) +MEMORY% *\nminikube +\d+m +\d+% +\d+Mi +\d+% *\n$/);
    expect(await on('vm', 'kubectl top pods -n kube-system --no-headers')).toMatch(/kube-apiserver-minikube +4\dm +\d+Mi/);
  });

  test('an HPA grows under load and shrinks when it has been quiet for five minutes', async () => {
    await on('vm', 'kubectl create deployment carga --image=nginx --port=80; kubectl set resources deployment carga --requests=cpu=20m; kubectl expose deployment carga --port=80; kubectl autoscale deployment carga --cpu-percent=50 --min=1 --max=4; kubectl rollout status deployment carga');
    await pass(60);
    await on('vm', 'kubectl run cliente --image=busybox -- sh -c "while sleep 0.02; do wget -q -O- http://carga >/dev/null; done"');
    await pass(90);
    expect(await on('vm', 'kubectl get deployment carga --no-headers')).toMatch(/^carga +([234])\/\1 /);
    expect(await on('vm', 'kubectl get events --field-selector reason=SuccessfulRescale')).toMatch(/New size: [234]; reason: cpu resource utilization \(percentage of request\) above target/);
    await on('vm', 'kubectl delete pod cliente --now');
    await pass(400);
    expect(await on('vm', 'kubectl get deployment carga --no-headers')).toMatch(/^carga +1\/1 /);
    await on('vm', 'kubectl delete deployment,service,hpa carga');
  });

  test('a NodePort is reached from the VM, its address told by minikube', async () => {
    await on('vm', 'kubectl create deployment web --image=nginx; kubectl expose deployment web --type=NodePort --port=80; kubectl wait --for=condition=available deployment/web');
    await pass(2);
    expect(await on('vm', 'curl -s $(minikube service web --url) | grep title')).toContain('Welcome to nginx!');
    expect(await on('vm', 'minikube service nada --url')).toContain("Service 'nada' was not found in 'default' namespace.");
  });

  test('stopped and started, it is the same cluster', async () => {
    await on('vm', 'minikube stop');
    expect(await on('vm', 'minikube status | grep host')).toBe('host: Stopped\n');
    expect(await on('vm', 'minikube start')).toContain('Restarting existing docker container for "minikube" ...');
    await pass(30);
    expect(await on('vm', 'kubectl get deployment web -o name')).toBe('deployment.apps/web\n');
  });

  test('deleted and started, it is another', async () => {
    await on('vm', 'minikube delete');
    expect(await on('vm', 'minikube status')).toContain('Profile "minikube" not found');
    expect(await on('vm', 'docker ps -aq')).toBe('');
    expect(await on('vm', 'minikube start --driver=docker')).toContain('Creating docker container (CPUs=2');
    await pass(30);
    expect(await on('vm', 'kubectl get deployment web')).toContain('NotFound');
    expect(await on('vm', 'kubectl get pods -n kube-system --no-headers | grep -c Running')).toBe('7\n');
    expect(world.defects).toEqual([]);
  });
});

describe('minikube moves images and files', () => {
  beforeAll(boot);

  test('an image of a registry is loaded into the node, and taken away', async () => {
    expect(await on('vm', 'minikube image ls | head -1; minikube image load nginx; minikube image ls | tail -1')).toBe('registry.k8s.io/pause:3.9\ndocker.io/library/nginx:latest\n');
    expect(await on('vm', 'minikube image load no-existe; minikube ssh docker images | grep -c nginx')).toMatch(/^\nX Exiting due to GUEST_IMAGE_LOAD: Failed to load image: [^]*pull access denied[^]*\n1\n$/);
    expect(await on('vm', 'minikube image rm nginx; minikube image ls | grep -c nginx')).toBe('0\n');
  });

  test('a file goes there and comes back', async () => {
    await on('vm', 'echo hola > a.txt; minikube cp a.txt /opt/x/; minikube cp minikube:/opt/x/a.txt vuelta.txt');
    expect(await on('vm', 'cat vuelta.txt; minikube ssh cat /opt/x/a.txt')).toBe('hola\nhola\n');
    expect(await on('vm', 'minikube cp a.txt relativa; minikube cp a.txt m02:/x; minikube cp nada /x')).toMatch(/must be an absolute Path[^]*Node m02 does not exist\.[^]*HOST_PATH_MISSING/);
  });
});

describe('minikube refuses', () => {
  beforeAll(boot);

  test('another version of Kubernetes: an older one over a cluster, one that would have to be downloaded', async () => {
    expect(await on('vm', 'minikube start --kubernetes-version=v1.27.0')).toContain('Exiting due to K8S_DOWNGRADE_UNSUPPORTED: Unable to safely downgrade existing Kubernetes v1.28.3 cluster to v1.27.0');
    expect(await on('vm', 'minikube start --kubernetes-version=v1.29.0')).toContain('dial tcp: lookup dl.k8s.io: no such host');
    expect(await on('vm', 'minikube start --kubernetes-version=v1.28.3')).toContain('Preparing Kubernetes v1.28.3 on Docker');
  });

  test('root with the docker driver, unknown commands, addons and flags', async () => {
    expect(await on('vm', 'sudo minikube start --driver=docker')).toContain('Exiting due to DRV_AS_ROOT: The "docker" driver should not be used with root privileges.');
    expect(await on('vm', 'minikube dance')).toBe('Error: unknown command "dance" for "minikube"\nRun \'minikube --help\' for usage.\n');
    expect(await on('vm', 'minikube addons enable nada')).toContain('enable failed: property name "nada" not found');
    expect(await on('vm', 'minikube start --bogus')).toContain('Error: unknown flag: --bogus');
  });
});
