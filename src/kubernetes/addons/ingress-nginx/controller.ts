import type { KubeObject } from '../../api/types.ts';
import { type ApiClient, ApiError, ConnectionError, core, gvr } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';
import { Informer } from '../../client/informer.ts';
import { runLeaderElection } from '../../client/leaderelection.ts';
import { FileError } from '../../../linux/files.ts';
import { httpListen } from '../../../linux/net/http.ts';
import type { Certificate } from '../../../linux/net/tls.ts';
import type { Process } from '../../../linux/process.ts';
import { MS, SECOND } from '../../../sim/clock.ts';
import type { Daemon } from '../../runtime/daemons.ts';
import { flag } from '../../runtime/klog.ts';
import { serveWebhook } from '../../runtime/webhook-server.ts';
import type { ReviewRequest, ReviewResponse } from '../../apiserver/admission/webhooks.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { fromBase64, readCertificate } from '../../runtime/pki.ts';
import { Settings } from './annotations.ts';
import { checkIngress } from './check.ts';
import { type ClassFlags, classOf } from './classes.ts';
import { type Configuration, configure } from './configuration.ts';
import { Log } from './log.ts';
import { Nginx } from './nginx.ts';
import { nginxConf } from './nginx-conf.ts';
import { syncStatus } from './status.ts';

const RELEASE = 'v1.8.1', BUILD = 'dc88dce9ea5e700f3301d16f971fa17c6cfe757d';
const RULE = '-'.repeat(79);
/** --sync-rate-limit: reconfigurations a second. */
const SYNC_RATE = 0.3;

/** The ingress-nginx controller 1.8 (cmd/nginx, internal/ingress/controller): watches, configures nginx, tells the Ingresses' status. */
export const controller: Daemon = (process) => {
  void process.out(`${RULE}\nNGINX Ingress controller\n  Release:       ${RELEASE}\n  Build:         ${BUILD}\n  Repository:    https://github.com/kubernetes/ingress-nginx\n  nginx version: nginx/1.21.6\n\n${RULE}\n\n`);
  if (process.args.includes('--version')) return process.exit(0);
  const log = new Log(process);
  try {
    log.plain('W', 'client_config.go:618', 'Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.');
    const access = inCluster(process), client = clientFor(process, access, `nginx-ingress-controller/${RELEASE} (linux/amd64) ingress-nginx/${BUILD}`);
    log.info('main.go:209', 'Creating API client', { host: `https://${access.server}` });
    const version = JSON.parse(String(client.raw('GET', '/version') as unknown)) as Record<string, string>;
    log.info('main.go:253', 'Running in Kubernetes cluster', { major: version['major']!, minor: version['minor']!, git: version['gitVersion']!, state: version['gitTreeState']!, commit: version['gitCommit']!, platform: version['platform']! });
    const publishService = flag(process, 'publish-service');
    if (publishService && !client.find(core('services'), ...(publishService.split('/') as [string, string]))) {
      const [namespace, name] = publishService.split('/');
      log.plain('F', 'main.go:92', `No service with name ${name} found in namespace ${namespace}: services ${JSON.stringify(name)} not found`);
      return process.exit(255);
    }
    new Controller(process, client, log).start();
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    log.plain('F', 'main.go:267', `Error while initiating a connection to the Kubernetes API server. This could mean the cluster is misconfigured (e.g. it has invalid API server certificates or Service Accounts configuration). Reason: ${error.message}\nRefer to the troubleshooting guide for more information: https://kubernetes.github.io/ingress-nginx/troubleshooting/`);
    process.exit(255);
  }
};

class Controller {
  readonly #process: Process;
  readonly #client: ApiClient;
  readonly #log: Log;
  readonly #recorder: EventRecorder;
  readonly #flags: ClassFlags;
  readonly #configMap: string | undefined;
  readonly #pod: KubeObject;
  readonly #fake: Certificate = { cn: 'Kubernetes Ingress Controller Fake Certificate', organizations: ['Acme Co'], sans: ['ingress.local'], ca: 'Kubernetes Ingress Controller Fake Certificate' };
  readonly #informers: Record<'ingresses' | 'classes' | 'services' | 'slices' | 'secrets' | 'configMaps', Informer>;
  #nginx: Nginx | undefined;
  #running: string | undefined;
  #dirty = false;
  #free = 0;
  #started = false;
  #stopping = false;

  constructor(process: Process, client: ApiClient, log: Log) {
    const { clock, rng } = process.world;
    this.#process = process;
    this.#client = client;
    this.#log = log;
    this.#recorder = new EventRecorder(client, clock, rng.fork(`events/${process.uts.hostname}`), { component: 'nginx-ingress-controller' });
    process.onExit(() => this.#recorder.stop());
    this.#flags = { controller: flag(process, 'controller-class') ?? 'k8s.io/ingress-nginx', annotationValue: flag(process, 'ingress-class') ?? 'nginx', watchWithoutClass: flag(process, 'watch-ingress-without-class') === 'true' };
    this.#configMap = flag(process, 'configmap');
    this.#pod = client.get(core('pods'), process.env['POD_NAMESPACE']!, process.env['POD_NAME']!);
    const service = (o: KubeObject) => [`${o.metadata.namespace}/${o.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`];
    const of = (r: Parameters<typeof client.list>[0]) => new Informer(client, clock, r);
    this.#informers = {
      ingresses: of(gvr('networking.k8s.io', 'v1', 'ingresses')), classes: of(gvr('networking.k8s.io', 'v1', 'ingressclasses')), services: of(core('services')),
      slices: of(gvr('discovery.k8s.io', 'v1', 'endpointslices')).addIndex('service', service), secrets: of(core('secrets')), configMaps: of(core('configmaps')),
    };
  }

  start(): void {
    const process = this.#process, log = this.#log, webhook = flag(process, 'validating-webhook');
    log.info('main.go:104', 'SSL fake certificate created', { file: '/etc/ingress-controller/ssl/default-fake-certificate.pem' });
    if (webhook) log.info('ssl.go:533', 'loading tls certificate', { path: flag(process, 'validating-webhook-certificate')!, key: flag(process, 'validating-webhook-key')! });
    httpListen(process, { ip: '::', port: 10254 }, (request, res) => {
      const healthy = request.path === '/healthz' ? this.#nginx?.running === true && this.#started : undefined;
      res.send(healthy === undefined ? 404 : healthy ? 200 : 500, { 'Content-Type': 'text/plain; charset=utf-8' }, healthy === undefined ? '404 page not found\n' : healthy ? 'ok' : '[+]ping ok\n[-]nginx-ingress-controller failed: reason withheld\nhealthz check failed\n');
    });
    log.info('nginx.go:261', 'Starting NGINX Ingress controller');
    this.#watch();
    process.world.clock.after(1100 * MS, () => {
      if (process.running) this.#startNginx(webhook);
    }, { background: true });
    process.onSignal('TERM', () => this.#stop());
    process.onExit(() => {
      for (const informer of Object.values(this.#informers)) informer.stop();
    });
  }

  #startNginx(webhook: string | undefined): void {
    const process = this.#process, log = this.#log;
    const electionId = flag(process, 'election-id') ?? 'ingress-controller-leader', namespace = this.#pod.metadata.namespace!;
    log.info('nginx.go:304', 'Starting NGINX process');
    try {
      this.#nginx = new Nginx(process, configure([], this.#settings, this.#fake, { ...this.#lookup, warn: () => {} }));
    } catch (error) {
      if (!(error instanceof Error && 'errno' in error)) throw error;
      log.plain('F', 'nginx.go:422', `NGINX error: bind() to 0.0.0.0 failed (${String(error.errno)})`);
      return process.exit(255);
    }
    log.plain('I', 'leaderelection.go:245', `attempting to acquire leader lease ${namespace}/${electionId}...`);
    if (webhook) serveWebhook(process, Number(webhook.split(':').at(-1)), (_, request) => this.#review(request));
    if (webhook) log.info('nginx.go:324', 'Starting validation webhook', { address: webhook, certPath: flag(process, 'validating-webhook-certificate')!, keyPath: flag(process, 'validating-webhook-key')! });
    this.#elect(namespace, electionId);
    this.#sync();
  }

  #elect(namespace: string, name: string): void {
    const process = this.#process, { clock } = process.world;
    const stop = runLeaderElection({
      client: this.#client, clock, name, namespace, identity: this.#pod.metadata.name, duration: 30 * SECOND, retry: 7.5 * SECOND,
      newLeader: (identity) => void clock.after(0, () => this.#log.info('status.go:84', 'New leader elected', { identity }), { background: true }),
      started: () => {
        this.#log.plain('I', 'leaderelection.go:255', `successfully acquired lease ${namespace}/${name}`);
        const end = syncStatus({ client: this.#client, clock, log: this.#log, publishService: flag(process, 'publish-service'), publishAddress: flag(process, 'publish-status-address'), pod: this.#pod, ingresses: () => this.#mine() });
        process.onExit(end);
      },
      lost: () => {},
    });
    process.onExit(stop);
  }

  /** Every change that may matter asks for a sync; Ingresses and ConfigMaps also get an event. */
  #watch(): void {
    const { ingresses, classes, services, slices, secrets, configMaps } = this.#informers, log = this.#log;
    const spec = (o: KubeObject) => JSON.stringify([o.spec, o.metadata.annotations, o['endpoints'], o['ports'], o['data']]);
    for (const each of [services, slices, secrets]) each.on({ add: () => this.#ask(), delete: () => this.#ask(), update: (o, old) => spec(o) !== spec(old) && this.#ask() });
    configMaps.on({ add: (o) => this.#configured(o, 'CREATE'), update: (o, old) => spec(o) !== spec(old) && this.#configured(o, 'UPDATE') });
    const foreign = (o: KubeObject) => log.info('store.go:523', 'ignoring ingressclass as the spec.controller is not the same of this ingress', { ingressclass: o.metadata.name });
    classes.on({ add: (o) => (o.spec.controller === this.#flags.controller ? this.#ask() : foreign(o)), delete: () => this.#ask() });
    const ref = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
    const ignore = (o: KubeObject, error: string) => log.info('store.go:428', 'Ignoring ingress because of error while validating ingress class', { ingress: ref(o), error });
    ingresses.on({
      add: (o) => {
        const found = this.#class(o);
        if ('error' in found) return ignore(o, found.error);
        log.info('store.go:432', 'Found valid IngressClass', { ingress: ref(o), ingressclass: found.name });
        this.#scheduled(o);
      },
      update: (o, old) => {
        const now = this.#class(o), before = this.#class(old);
        if ('error' in now) {
          if (!('error' in before)) log.info('store.go:480', 'removing ingress because of unknown ingressclass', { ingress: ref(o) });
          return this.#ask();
        }
        if ('error' in before) log.info('store.go:477', 'creating ingress', { ingress: ref(o), ingressclass: now.name });
        this.#scheduled(o);
      },
      delete: () => this.#ask(),
    });
    for (const informer of [classes, services, slices, secrets, configMaps, ingresses]) informer.start();
  }

  #scheduled(ingress: KubeObject): void {
    this.#event(ingress, 'Sync', 'Scheduled for sync');
    this.#ask();
  }

  #configured(map: KubeObject, reason: string): void {
    const key = `${map.metadata.namespace}/${map.metadata.name}`;
    if (key !== this.#configMap) return;
    this.#event(map, reason, `ConfigMap ${key}`);
    this.#ask();
  }

  #event(about: KubeObject, reason: string, message: string): void {
    this.#log.event(about, 'Normal', reason, message);
    this.#recorder.event(about, 'Normal', reason, message);
  }

  #class(ingress: KubeObject): { name: string } | { error: string } {
    return classOf(ingress, this.#flags, (name) => this.#informers.classes.get(undefined, name)?.spec.controller === this.#flags.controller);
  }

  #mine(): KubeObject[] {
    return this.#informers.ingresses.list().filter((o) => 'name' in this.#class(o));
  }

  /** The admission webhook: what would not make a good configuration is refused. */
  #review({ namespace, name, object, operation }: ReviewRequest): ReviewResponse {
    if (operation === 'DELETE' || !object || 'error' in this.#class(object)) return { allowed: true };
    const others = this.#mine().filter((o) => o.metadata.namespace !== namespace || o.metadata.name !== name);
    const refused = checkIngress(object, others, this.#settings, this.#fake, { ...this.#lookup, warn: () => {} });
    if (refused === undefined) {
      this.#log.info('main.go:110', 'successfully validated configuration, accepting', { ingress: `${namespace}/${name}` });
      return { allowed: true };
    }
    this.#log.error('main.go:99', refused, 'invalid ingress configuration', { ingress: `${namespace}/${name}` });
    return { allowed: false, status: { status: 'Failure', code: 400, reason: 'BadRequest', message: refused } };
  }

  get #settings(): Settings {
    const [namespace, name] = (this.#configMap ?? '/').split('/') as [string, string];
    return new Settings(this.#informers.configMaps.get(namespace, name)?.['data'] as Record<string, string> | undefined);
  }

  readonly #lookup = {
    service: (namespace: string, name: string) => this.#informers.services.get(namespace, name),
    slices: (namespace: string, service: string) => this.#informers.slices.byIndex('service', `${namespace}/${service}`),
    certificate: (namespace: string, secret: string) => {
      const data = this.#informers.secrets.get(namespace, secret)?.['data'] as Record<string, string> | undefined;
      return data?.['tls.crt'] ? readCertificate(fromBase64(data['tls.crt'])) : undefined;
    },
    warn: (text: string) => this.#log.plain('W', text.startsWith('Error obtaining') ? 'controller.go:1100' : text.startsWith('Service') ? 'controller.go:1207' : 'controller.go:1428', text),
  };

  /** At most three syncs in ten seconds, the first at once. */
  #ask(): void {
    if (this.#dirty || !this.#nginx || this.#stopping) return;
    const { clock } = this.#process.world;
    this.#dirty = true;
    clock.after(Math.max(10 * MS, this.#free - clock.now), () => this.#sync(), { background: clock.now > this.#free + SECOND });
  }

  #sync(): void {
    const process = this.#process, { clock } = process.world;
    this.#dirty = false;
    if (!process.running || this.#stopping) return;
    this.#free = clock.now + SECOND / SYNC_RATE;
    const configuration = configure(this.#mine(), this.#settings, this.#fake, this.#lookup);
    const shape = nginxConf(configuration);
    if (shape === this.#running) {
      // Endpoints and certificates need no reload: Lua gets them.
      this.#nginx!.configuration = configuration;
      return;
    }
    const first = this.#running === undefined;
    this.#running = shape;
    this.#log.info('controller.go:190', 'Configuration changes detected, backend reload required');
    clock.after(60 * MS, () => this.#reload(configuration, shape, first), { background: first });
  }

  #reload(configuration: Configuration, conf: string, first: boolean): void {
    if (!this.#process.running) return;
    this.#process.fs.mkdir('/etc/nginx', { parents: true });
    this.#process.fs.writeFile('/etc/nginx/nginx.conf', conf);
    this.#nginx!.reload(configuration);
    this.#log.info('controller.go:207', 'Backend successfully reloaded');
    if (first) this.#log.info('controller.go:218', 'Initial sync, sleeping for 1 second');
    this.#started = true;
    this.#event(this.#pod, 'RELOAD', 'NGINX reload triggered due to a change in configuration');
  }

  /** Requests go on for a while (--shutdown-grace-period is 0, --post-shutdown-grace-period 10 s). */
  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    const { clock } = this.#process.world, log = this.#log;
    log.info('sigterm.go:36', 'Received SIGTERM, shutting down');
    log.info('nginx.go:380', 'Shutting down controller queues');
    log.info('nginx.go:388', 'Stopping admission controller');
    log.info('nginx.go:396', 'Stopping NGINX process');
    this.#nginx?.master.exit(0);
    clock.after(SECOND, () => {
      log.info('nginx.go:409', 'NGINX process has stopped');
      log.plain('I', 'sigterm.go:44', 'Handled quit, delaying controller exit for 10 seconds');
      clock.after(10 * SECOND, () => {
        log.info('sigterm.go:47', 'Exiting', { code: 0 });
        this.#process.exit(0);
      }, { background: true });
    }, { background: true });
  }
}
