/** Puts both ways of running a backend into a page, for backend-contract.test.ts. */
import { Sandbox } from '../../src/components/backend/sandbox.ts';
import { WebContainer } from '../../src/components/backend/web-container.ts';

Object.assign(window, { sandbox: new Sandbox(), webContainer: new WebContainer() });
