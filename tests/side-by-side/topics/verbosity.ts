import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** What is told besides, without what hangs on the moment, on the map's order or on the server in between. */
const TOLD = `2>&1 | sed -E 's/^([IWE])[0-9]{4} [0-9:.]+ +[0-9]+ /\\1 /; s/(in|Duration|Dial|TLSHandshake|ServerProcessing|GetConnection|DNSLookup) [0-9]+ m/\\1 N m/g; s/kubectl.1.28/kubectl/g; /Config loaded|cached_discovery|Date:|Keep-Alive|Content-|Cache-|Connection: keep|Audit-Id|X-Kubernetes/d; s/("resourceVersion":)"[0-9]+"/\\1/g; s/uid":"[^"]*"/uid"/g; s/( -H "[^"]*")+/ -H/; s/^(I request.go.*).{0}$/\\1/' | cut -c1-300`;

export const verbosity: Topic = {
  topic: 'verbosity', files: FILES, setup: SETUP,
  commands: ['get ns -o name', 'get ns nada -v=4', 'get ns nada -v=6', 'get ns nada -v=9', 'get node nada -v=8', 'get ns default -v=9', 'get --raw /version -v=9', 'create cm x --from-literal=a=b --dry-run=server -o name -v=9', 'delete cm nada -v=4', 'config view --minify -o jsonpath={.kind} -v=9']
    .map((rest) => `kubectl ${rest} ${TOLD}`),
};
