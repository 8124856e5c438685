/** Tests that put requests straight to an API server do not wait for what it loads. */
import { loadValidation } from '../src/kubernetes/api/validation-of.ts';

await loadValidation();
