/** Tests that put requests straight to an API server, and rules straight into a kernel, do not wait for what they load. */
import '../src/linux/net/netfilter/modules.ts';
import { loadValidation } from '../src/kubernetes/api/validation-of.ts';

await loadValidation();
