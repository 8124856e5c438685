import type { Process, Program } from '../../linux/process.ts';
import * as auth from './auth.ts';
import { BAD_FEATURE, type Command, type Context, Failure } from './client.ts';
import { COMMANDS, GLOBAL } from './commands.ts';
import { defrag, hashkv, health, status } from './endpoint.ts';
import { findCommand, FlagValues, UnknownCommand, UsageError } from './flags.ts';
import { API_VERSION, usage, VERSION } from './help.ts';
import { compaction, del, get, put } from './kv.ts';
import * as lease from './lease.ts';
import { alarmDisarm, alarmList, memberAdd, memberList, memberRemove, memberUpdate, moveLeader } from './membership.ts';
import { FORMATS } from './print.ts';
import { restore, save, snapshotStatus } from './snapshot.ts';
import { txn } from './txn.ts';
import { watch } from './watch.ts';

/** etcdctl 3.4.23, as Debian 12 packages it, API v3. Values of the API server are JSON here (--storage-media-type=application/json). */
export const main: Program = async (p) => {
  try {
    const { command, rest } = findCommand(p.args), flags = new FlagValues(command, rest);
    return await run(p, command, flags);
  } catch (error) {
    if (error instanceof UnknownCommand) {
      p.err(`Error: ${error.message}\nRun 'etcdctl --help' for usage.\nError: ${error.message}\n`);
      return 1;
    }
    if (error instanceof UsageError) {
      p.err(`Error: ${error.message}\n`);
      p.out(usage(error.command));
      p.err(`\nError: ${error.message}\n`);
      return 1;
    }
    if (!(error instanceof Failure)) throw error;
    p.err(`Error: ${error.message}\n`);
    return error.code;
  }
};

async function run(p: Process, command: string, flags: FlagValues): Promise<number> {
  if (command === 'help') return help(p, flags.args);
  const work = RUN[command];
  if (!work || flags.has('help')) {
    p.out(usage(command));
    return 0;
  }
  if (command === 'version') {
    p.out(`etcdctl version: ${VERSION}\nAPI version: ${API_VERSION}\n`);
    return 0;
  }
  if (!environment(p, flags)) return 1;
  const output = flags.text('write-out');
  if (!FORMATS.has(output)) throw new Failure('unsupported output format', BAD_FEATURE);
  const c: Context = { p, flags, output, endpoints: flags.text('endpoints').split(','), deadline: p.now + flags.duration('command-timeout') };
  return work(c, flags.args);
}

function help(p: Process, words: readonly string[]): number {
  if (words.length > 0 && !COMMANDS[words.join(' ')]) p.out(`Unknown help topic [\`${words.join(' ')}\`]\n`);
  p.out(usage(COMMANDS[words.join(' ')] ? words.join(' ') : ''));
  return 0;
}

/** Flags from ETCDCTL_NAME (pkg/flags). False when one is given here and there, which etcdctl does not take. */
function environment(p: Process, flags: FlagValues): boolean {
  const stamp = new Date(p.now / 1000).toISOString().replace('T', ' ').replace('Z', String(p.now % 1000).padStart(3, '0'));
  for (const flag of GLOBAL) {
    const name = `ETCDCTL_${flag.name.toUpperCase().replaceAll('-', '_')}`, value = p.env[name];
    if (!value) continue;
    if (flags.changed(flag.name)) {
      p.err(`${stamp} C | pkg/flags: conflicting environment variable ${JSON.stringify(name)} is shadowed by corresponding command-line flag (either unset environment variable or disable flag)\n`);
      return false;
    }
    flags.set(flag, value);
  }
  return true;
}

const RUN: Readonly<Record<string, Command>> = {
  'alarm disarm': alarmDisarm, 'alarm list': alarmList, 'auth disable': auth.authDisable, 'auth enable': auth.authEnable, compaction, defrag, del, 'endpoint hashkv': hashkv, 'endpoint health': health, 'endpoint status': status, get,
  'lease grant': lease.leaseGrant, 'lease keep-alive': lease.leaseKeepAlive, 'lease list': lease.leaseList, 'lease revoke': lease.leaseRevoke, 'lease timetolive': lease.leaseTimetolive,
  'member add': memberAdd, 'member list': memberList, 'member remove': memberRemove, 'member update': memberUpdate, 'move-leader': moveLeader, put,
  'role add': auth.roleAdd, 'role delete': auth.roleDelete, 'role get': auth.roleGet, 'role list': auth.roleList, 'snapshot restore': restore, 'snapshot save': save, 'snapshot status': snapshotStatus, txn,
  'user add': auth.userAdd, 'user delete': auth.userDelete, 'user get': auth.userGet, 'user grant-role': auth.userGrantRole, 'user list': auth.userList, 'user revoke-role': auth.userRevokeRole,
  version: () => 0, watch,
};
