import type { Kind } from '../api/kind.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import type { ApiServer } from './server.ts';

export class CustomResources {
  constructor(_server: ApiServer) {}

  resource(_group: string, _version: string, _resource: string): ResourceInfo | undefined {
    return undefined;
  }

  kindOf(_info: ResourceInfo): Kind {
    return {};
  }
}
