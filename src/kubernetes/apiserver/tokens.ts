import type { ApiServer } from './server.ts';

export class Tokens {
  constructor(_server: ApiServer) {}
}
