import type { Auth } from '../../kubernetes/etcd/auth.ts';
import { BAD_ARGS, type Command, connect, type Context, Failure, request } from './client.ts';
import { header, headerFields, print, some } from './print.ts';

/** A change or question of users and roles: what it says, and what more it has in JSON. `fields`: whether that format knows it. */
async function ask<T>(c: Context, work: (auth: Auth) => T, say: (found: T) => string, json: (found: T) => Record<string, unknown> = () => ({}), fields = true): Promise<number> {
  const server = await connect(c, 'write');
  server.store.proposals++; // in 3.4 the questions too go through raft
  const found = request(c, server.endpoint, () => work(server.member.group.auth));
  print(c, { simple: () => say(found), json: () => ({ header: header(server), ...json(found) }), ...(fields ? { fields: () => headerFields(server) } : {}) });
  return 0;
}

function named(args: string[], command: string, what: string, count = 1): string[] {
  if (args.length !== count) throw new Failure(`${command} command requires ${what} as its argument`, BAD_ARGS);
  return args;
}

const none = (args: string[], command: string) => {
  if (args.length > 0) throw new Failure(`${command} command requires no arguments`, BAD_ARGS);
};

export const userAdd: Command = async (c, args) => {
  const [text = ''] = named(args, 'user add', 'user name'), [name = '', inline] = text.split(/:(.*)/s);
  let password = c.flags.text('new-user-password') || inline;
  if (c.flags.has('no-password')) password = '';
  else if (password === undefined) password = await readPassword(c, name);
  if (password === '' && !c.flags.has('no-password')) throw new Failure('empty password', BAD_ARGS);
  const given = password;
  return ask(c, (auth) => auth.addUser(name, given), () => `User ${name} created\n`);
};

/** From standard input: its first line. */
async function readPassword({ p, flags }: Context, name: string): Promise<string> {
  if (flags.has('interactive')) void p.out(`Password of ${name}: `);
  return (await p.readAll()).split('\n')[0]!;
}

export const userDelete: Command = (c, args) => {
  const [name = ''] = named(args, 'user delete', 'user name');
  return ask(c, (auth) => auth.deleteUser(name), () => `User ${name} deleted\n`);
};

export const userGet: Command = (c, args) => {
  const [name = ''] = named(args, 'user get', 'user name'), detail = c.flags.has('detail');
  return ask(c, (auth) => [...auth.user(name).roles].sort(), (roles) => (detail ? `User: ${name}\n${roles.map((r) => `\n${roleText(r)}`).join('')}` : `User: ${name}\nRoles:${roles.map((r) => ` ${r}`).join('')}\n`), (roles) => ({ roles: some(roles) }), false);
};

export const userList: Command = (c, args) => {
  none(args, 'user list');
  return ask(c, (auth) => [...auth.users.keys()].sort(), (users) => users.map((u) => `${u}\n`).join(''), (users) => ({ users: some(users) }), false);
};

export const userGrantRole: Command = (c, args) => {
  const [user = '', role = ''] = named(args, 'user grant', 'user name and role name', 2);
  return ask(c, (auth) => auth.grant(user, role), () => `Role ${role} is granted to user ${user}\n`);
};

export const userRevokeRole: Command = (c, args) => {
  const [user = '', role = ''] = named(args, 'user revoke-role', 'user name and role name', 2);
  return ask(c, (auth) => auth.revoke(user, role), () => `Role ${role} is revoked from user ${user}\n`);
};

export const roleAdd: Command = (c, args) => {
  const [name = ''] = named(args, 'role add', 'role name');
  return ask(c, (auth) => auth.addRole(name), () => `Role ${name} created\n`);
};

export const roleDelete: Command = (c, args) => {
  const [name = ''] = named(args, 'role delete', 'role name');
  return ask(c, (auth) => auth.deleteRole(name), () => `Role ${name} deleted\n`);
};

export const roleGet: Command = (c, args) => {
  const [name = ''] = named(args, 'role get', 'role name');
  return ask(c, (auth) => auth.role(name), () => roleText(name));
};

export const roleList: Command = (c, args) => {
  none(args, 'role list');
  return ask(c, (auth) => [...auth.roles].sort(), (roles) => roles.map((r) => `${r}\n`).join(''), (roles) => ({ roles: some(roles) }), false);
};

/** root may everything without a permission of its own. */
function roleText(name: string): string {
  const keys = name === 'root' ? '\t[, <open ended>\n' : '';
  return `Role ${name}\nKV Read:\n${keys}KV Write:\n${keys}`;
}

export const authEnable: Command = (c, args) => {
  if (args.length > 0) throw new Failure('auth enable command does not accept any arguments', BAD_ARGS);
  return ask(c, (auth) => auth.enable(), () => 'Authentication Enabled\n');
};

export const authDisable: Command = (c, args) => {
  if (args.length > 0) throw new Failure('auth disable command does not accept any arguments', BAD_ARGS);
  return ask(c, (auth) => {
    auth.enabled = false;
  }, () => 'Authentication Disabled\n');
};
