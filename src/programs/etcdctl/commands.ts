/** The commands of etcdctl 3.4 and their flags (etcdctl/ctlv3): what `--help` lists, and what the command line is read by. */
export interface Flag {
  name: string;
  short?: string;
  /** As pflag prints it. */
  default: string;
  type: 'bool' | 'string' | 'int' | 'int64' | 'duration' | 'strings';
  usage: string;
}
export interface Spec {
  use: string;
  short: string;
  long?: string;
  flags?: readonly Flag[];
  /** A group: it lists its commands whatever it is given. */
  group?: true;
  /** Its flags are its commands' too. */
  persistent?: true;
}

const bool = (name: string, usage: string, value = false, short?: string): Flag => ({ name, default: String(value), type: 'bool', usage, ...(short ? { short } : {}) });
const text = (name: string, usage: string, value = '', short?: string): Flag => ({ name, default: value, type: 'string', usage, ...(short ? { short } : {}) });
const integer = (name: string, usage: string, value = 0, type: 'int' | 'int64' = 'int64'): Flag => ({ name, default: String(value), type, usage });
const duration = (name: string, usage: string, value: string): Flag => ({ name, default: value, type: 'duration', usage });

export const GLOBAL: readonly Flag[] = [
  text('cacert', 'verify certificates of TLS-enabled secure servers using this CA bundle'),
  text('cert', 'identify secure client using this TLS certificate file'),
  duration('command-timeout', 'timeout for short running command (excluding dial timeout)', '5s'),
  bool('debug', 'enable client-side debug logging'),
  duration('dial-timeout', 'dial timeout for client connections', '2s'),
  text('discovery-srv', 'domain name to query for SRV records describing cluster endpoints', '', 'd'),
  text('discovery-srv-name', 'service name to query when using DNS discovery'),
  { name: 'endpoints', default: '127.0.0.1:2379', type: 'strings', usage: 'gRPC endpoints' },
  bool('hex', 'print byte strings as hex encoded strings'),
  bool('insecure-discovery', 'accept insecure SRV records describing cluster endpoints', true),
  bool('insecure-skip-tls-verify', 'skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)'),
  bool('insecure-transport', 'disable transport security for client connections', true),
  duration('keepalive-time', 'keepalive time for client connections', '2s'),
  duration('keepalive-timeout', 'keepalive timeout for client connections', '6s'),
  text('key', 'identify secure client using this TLS key file'),
  text('password', "password for authentication (if this option is used, --user option shouldn't include password)"),
  text('user', 'username[:password] for authentication (prompt if password is not supplied)'),
  text('write-out', 'set the output format (fields, json, protobuf, simple, table)', 'simple', 'w'),
];

const INTERACTIVE = bool('interactive', 'Interactive mode', false, 'i');

/** By the words one types, in the order of `--help`. */
export const COMMANDS: Readonly<Record<string, Spec>> = {
  alarm: { use: 'alarm <subcommand>', short: 'Alarm related commands', group: true },
  'alarm disarm': { use: 'disarm', short: 'Disarms all alarms' },
  'alarm list': { use: 'list', short: 'Lists all alarms' },
  auth: { use: 'auth <enable or disable>', short: 'Enable or disable authentication', group: true },
  'auth disable': { use: 'disable', short: 'Disables authentication' },
  'auth enable': { use: 'enable', short: 'Enables authentication' },
  compaction: { use: 'compaction [options] <revision>', short: 'Compacts the event history in etcd', flags: [bool('physical', "'true' to wait for compaction to physically remove all old revisions")] },
  defrag: { use: 'defrag', short: 'Defragments the storage of the etcd members with given endpoints', flags: [bool('cluster', 'use all endpoints from the cluster member list')] },
  del: {
    use: 'del [options] <key> [range_end]', short: 'Removes the specified key or range of keys [key, range_end)',
    flags: [bool('from-key', 'delete keys that are greater than or equal to the given key using byte compare'), bool('prefix', 'delete keys with matching prefix'), bool('prev-kv', 'return deleted key-value pairs')],
  },
  endpoint: { use: 'endpoint <subcommand>', short: 'Endpoint related commands', group: true, persistent: true, flags: [bool('cluster', 'use all endpoints from the cluster member list')] },
  'endpoint hashkv': { use: 'hashkv', short: 'Prints the KV history hash for each endpoint in --endpoints', flags: [integer('rev', 'maximum revision to hash (default: all revisions)')] },
  'endpoint health': { use: 'health', short: 'Checks the healthiness of endpoints specified in `--endpoints` flag' },
  'endpoint status': {
    use: 'status', short: 'Prints out the status of endpoints specified in `--endpoints` flag',
    long: 'The format simple prints one line for each endpoint, its items with commas between them:\nendpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft applied index, errors.\n',
  },
  get: {
    use: 'get [options] <key> [range_end]', short: 'Gets the key or a range of keys',
    flags: [
      text('consistency', 'Linearizable(l) or Serializable(s)', 'l'), bool('from-key', 'Get keys that are greater than or equal to the given key using byte compare'), bool('keys-only', 'Get only the keys'),
      integer('limit', 'Maximum number of results'), text('order', 'Order of results; ASCEND or DESCEND (ASCEND by default)'), bool('prefix', 'Get keys with matching prefix'),
      bool('print-value-only', 'Only write values when using the "simple" output format'), integer('rev', 'Specify the kv revision'), text('sort-by', 'Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION'),
    ],
  },
  help: { use: 'help [command]', short: 'Help about any command', long: 'Prints the help of any command:\netcdctl help, then the words of the command.' },
  lease: { use: 'lease <subcommand>', short: 'Lease related commands', group: true },
  'lease grant': { use: 'grant <ttl>', short: 'Creates leases' },
  'lease keep-alive': { use: 'keep-alive [options] <leaseID>', short: 'Keeps leases alive (renew)', flags: [bool('once', 'Resets the keep-alive time to its original value and exits immediately')] },
  'lease list': { use: 'list', short: 'List all active leases' },
  'lease revoke': { use: 'revoke <leaseID>', short: 'Revokes leases' },
  'lease timetolive': { use: 'timetolive <leaseID> [options]', short: 'Get lease information', flags: [bool('keys', 'Get keys attached to this lease')] },
  member: { use: 'member <subcommand>', short: 'Membership related commands', group: true },
  'member add': { use: 'add <memberName> [options]', short: 'Adds a member into the cluster', flags: [text('peer-urls', 'comma separated peer URLs for the new member.')] },
  'member list': { use: 'list', short: 'Lists all members in the cluster', long: 'The format simple prints one line for each member, its items with commas between them:\nID, Status, Name, Peer Addrs, Client Addrs, Is Learner.\n' },
  'member remove': { use: 'remove <memberID>', short: 'Removes a member from the cluster' },
  'member update': { use: 'update <memberID> [options]', short: 'Updates a member in the cluster', flags: [text('peer-urls', 'comma separated peer URLs for the updated member.')] },
  'move-leader': { use: 'move-leader <transferee-member-id>', short: 'Transfers leadership to another etcd cluster member.' },
  put: {
    use: 'put [options] <key> <value> (<value> can also be given from stdin)', short: 'Puts the given key into the store',
    long: "A value that begins with '-' looks like a flag; put '--' before it:\n\n$ put <key> -- <value>\n\nWithout a value (and without --ignore-value) the standard input is the value:\n\n$ cat file | put <key>\n",
    flags: [bool('ignore-lease', 'updates the key using its current lease'), bool('ignore-value', 'updates the key using its current value'), text('lease', 'lease ID (in hexadecimal) to attach to the key', '0'), bool('prev-kv', 'return the previous key-value pair before modification')],
  },
  role: { use: 'role <subcommand>', short: 'Role related commands', group: true },
  'role add': { use: 'add <role name>', short: 'Adds a new role' },
  'role delete': { use: 'delete <role name>', short: 'Deletes a role' },
  'role get': { use: 'get <role name>', short: 'Gets detailed information of a role' },
  'role list': { use: 'list', short: 'Lists all roles' },
  snapshot: { use: 'snapshot <subcommand>', short: 'Manages etcd node snapshots', group: true },
  'snapshot restore': {
    use: 'restore <filename> [options]', short: 'Restores an etcd member snapshot to an etcd directory',
    flags: [
      text('data-dir', 'Path to the data directory'), text('initial-advertise-peer-urls', "List of this member's peer URLs to advertise to the rest of the cluster", 'http://localhost:2380'),
      text('initial-cluster', 'Initial cluster configuration for restore bootstrap', 'default=http://localhost:2380'), text('initial-cluster-token', 'Initial cluster token for the etcd cluster during restore bootstrap', 'etcd-cluster'),
      text('name', 'Human-readable name for this member', 'default'), bool('skip-hash-check', 'Ignore snapshot integrity hash value (required if copied from data directory)'),
      text('wal-dir', 'Path to the WAL directory (use --data-dir if none given)'),
    ],
  },
  'snapshot save': { use: 'save <filename>', short: 'Stores an etcd node backend snapshot to a given file' },
  'snapshot status': { use: 'status <filename>', short: 'Gets backend snapshot status of a given file', long: 'The format simple prints one line, its items with commas between them:\nhash, revision, total keys, total size.\n' },
  txn: { use: 'txn [options]', short: 'Txn processes all the requests in one transaction', flags: [{ ...INTERACTIVE, usage: 'Input transaction in interactive mode' }] },
  user: { use: 'user <subcommand>', short: 'User related commands', group: true },
  'user add': {
    use: 'add <user name or user:password> [options]', short: 'Adds a new user',
    flags: [bool('interactive', 'Read password from stdin instead of interactive terminal', true), text('new-user-password', 'Supply password from the command line flag'), bool('no-password', 'Create a user without password (CN based auth only)')],
  },
  'user delete': { use: 'delete <user name>', short: 'Deletes a user' },
  'user get': { use: 'get <user name> [options]', short: 'Gets detailed information of a user', flags: [bool('detail', 'Show permissions of roles granted to the user')] },
  'user grant-role': { use: 'grant-role <user name> <role name>', short: 'Grants a role to a user' },
  'user list': { use: 'list', short: 'Lists all users' },
  'user revoke-role': { use: 'revoke-role <user name> <role name>', short: 'Revokes a role from a user' },
  version: { use: 'version', short: 'Prints the version of etcdctl' },
  watch: {
    use: 'watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]', short: 'Watches events stream on keys or prefixes',
    flags: [INTERACTIVE, bool('prefix', 'Watch on a prefix if prefix is set'), bool('prev-kv', 'get the previous key-value pair before the event happens'), integer('rev', 'Revision to start watching')],
  },
};

/** A command's flags besides the global ones, with those of its group. */
export function flagsOf(command: string): Flag[] {
  const spec = COMMANDS[command], group = COMMANDS[command.split(' ')[0]!];
  const name = command.split(' ').at(-1) || 'etcdctl';
  return [...(spec?.flags ?? []), ...(group !== spec && group?.persistent ? group.flags! : []), bool('help', `help for ${name}`, false, 'h')];
}
