import type { ApiServer } from './server.ts';

export class Allocators {
  constructor(_server: ApiServer) {}
}
