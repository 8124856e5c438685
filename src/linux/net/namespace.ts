import type { World } from '../world.ts';

/** A network namespace. */
export class NetNamespace {
  readonly world: World;
  readonly machine: string;
  readonly name: string;
  constructor(world: World, { machine, name }: { machine: string; name: string }) {
    this.world = world;
    this.machine = machine;
    this.name = name;
  }
}
