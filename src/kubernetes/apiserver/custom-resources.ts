import type { Kind } from '../api/kind.ts';
import type { Definition } from '../api/schema.ts';
import type { GroupVersion, ResourceInfo } from '../api/scheme.ts';
import type { ScalePaths } from './scale.ts';
import type { ApiServer } from './server.ts';

export class CustomResources {
  constructor(_server: ApiServer) {}

  resource(_group: string, _version: string, _resource: string): ResourceInfo | undefined {
    return undefined;
  }

  scalePaths(_info: ResourceInfo): ScalePaths | undefined {
    return undefined;
  }

  kindOf(_info: ResourceInfo): Kind {
    return {};
  }

  groupVersions(): GroupVersion[] {
    return [];
  }

  definitions(): Record<string, Definition> {
    return {};
  }
}
