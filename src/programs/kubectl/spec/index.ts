import { ADVANCED } from './advanced.ts';
import { BASIC } from './basic.ts';
import { CLUSTER } from './cluster.ts';
import type { CommandSpec } from './command.ts';
import { CREATE } from './create.ts';
import { DEPLOY } from './deploy.ts';
import { SETTINGS } from './settings.ts';
import { TROUBLESHOOTING } from './troubleshooting.ts';

export type { CommandSpec } from './command.ts';

export const GLOBAL_FLAGS = `
  as:string as-group:strings as-uid:string cache-dir:string certificate-authority:string client-certificate:string client-key:string
  cluster:string context:string disable-compression:bool insecure-skip-tls-verify:bool kubeconfig:string
  log-flush-frequency:duration=5s match-server-version:bool n/namespace:string password:string profile:string=none
  profile-output:string=profile.pprof request-timeout:string=0 s/server:string tls-server-name:string token:string user:string
  username:string v/v:int=0 vmodule:string warnings-as-errors:bool`;

/** Every command, in the order in which they are registered, which is the order of suggestions. */
export const COMMANDS: Record<string, CommandSpec> = { ...CREATE, ...BASIC, ...DEPLOY, ...CLUSTER, ...TROUBLESHOOTING, ...ADVANCED, ...SETTINGS };
