import { ApiError, ConnectionError, core, gvr } from '../../../client/client.ts';
import { Informer } from '../../../client/informer.ts';
import { FileError } from '../../../../linux/files.ts';
import { SECOND } from '../../../../sim/clock.ts';
import { clientFor, inCluster } from '../../../runtime/kubeconfig.ts';
import { absolute, answer, fallthrough, type Handler, type Plugin, type Request, zonesOf } from '../chain.ts';
import { resolve, soa, type Zone } from '../zone.ts';

const OPTIONS = ['endpoint', 'tls', 'kubeconfig', 'namespaces', 'labels', 'pods', 'endpoint_pod_names', 'ttl', 'noendpoints', 'fallthrough', 'ignore', 'transfer', 'upstream', 'resyncperiod', 'namespace_labels'];

/** plugin/kubernetes: the cluster's Services, and Pods by address, from the API server. */
export const kubernetes: Plugin = (setup) => {
  const { process, directive } = setup, { clock } = process.world;
  const option = (name: string) => directive.block.find((b) => b.words[0] === name)?.words.slice(1);
  for (const { words, line } of directive.block) if (!OPTIONS.includes(words[0]!)) setup.fail(`unknown property '${words[0]}'`, line);
  const pods = option('pods')?.[0] ?? 'disabled', ttl = Number(option('ttl')?.[0] ?? 5);
  if (!['disabled', 'insecure', 'verified'].includes(pods)) setup.fail(`wrong value for pods: ${pods},  must be one of: disabled, verified, insecure`);
  if (!(ttl >= 0 && ttl <= 3600)) setup.fail(`ttl must be in range [0, 3600]: ${ttl}`, directive.block.find((b) => b.words[0] === 'ttl')!.line);
  const zones = zonesOf(directive.args, setup), primary = zones.find((z) => !z.endsWith('.arpa.'));
  if (!primary) setup.fail('no zones found');
  const through = fallthrough(setup), only = option('namespaces');
  let zone: Zone | undefined;
  setup.onStart(() => {
    try {
      const client = clientFor(process, inCluster(process), 'CoreDNS/1.10.1');
      const service = (o: { metadata: { namespace?: string; labels?: Record<string, string> } }) => [`${o.metadata.namespace}/${o.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`];
      const made: Zone = {
        services: new Informer(client, clock, core('services')), slices: new Informer(client, clock, gvr('discovery.k8s.io', 'v1', 'endpointslices')).addIndex('service', service),
        namespaces: new Informer(client, clock, core('namespaces')), domain: primary!.replace(/\.$/, ''), ttl, serial: Math.floor(process.now / SECOND), pods: pods as Zone['pods'], reverse: zones.some((z) => z.endsWith('in-addr.arpa.')), only,
        ...(pods === 'verified' ? { podList: new Informer(client, clock, core('pods')) } : {}),
      };
      const informers = [made.services, made.slices, made.namespaces, ...(made.podList ? [made.podList] : [])];
      for (const informer of informers) informer.start();
      setup.onStop(() => informers.forEach((i) => i.stop()));
      zone = made;
    } catch (error) {
      if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
      void process.err(`plugin/kubernetes: ${error.message}\n`);
      process.exit(1);
    }
  });
  return (next) => {
    const handle: Handler = (request, reply) => {
      const { query } = request;
      if (!zone || !ready(zone)) return reply(answer(query, { rcode: 'SERVFAIL', authoritative: false }));
      const found = resolve(zone, query.question);
      if (!found || (found.rcode === 'NXDOMAIN' && through(query.question.name))) return next(request, reply);
      const empty = found.records.length === 0;
      if (!found.external || query.question.type === 'CNAME') return reply(answer(query, { rcode: found.rcode, answer: found.records, additional: found.extra ?? [], authority: empty ? [soa(zone)] : [] }));
      // An ExternalName's target is asked as any other name.
      const inner: Request = { ...request, query: { ...query, question: { name: absolute(found.external), type: query.question.type } } };
      handle(inner, (m) => {
        if (inner.error) request.error = inner.error;
        reply(answer(query, { ...m, question: query.question, answer: [...found.records, ...m.answer], authoritative: true, rcode: m.rcode === 'SERVFAIL' ? 'SERVFAIL' : 'NOERROR' }));
      });
    };
    handles.set(handle, () => zone !== undefined && ready(zone));
    return handle;
  };
};

const ready = (zone: Zone): boolean => zone.services.synced && zone.slices.synced && zone.namespaces.synced && (zone.podList?.synced ?? true);
/** Whether it has heard of the cluster: what the ready plugin waits for. */
const handles = new WeakMap<Handler, () => boolean>();
export const isReady = (handler: Handler): boolean => handles.get(handler)?.() ?? true;
