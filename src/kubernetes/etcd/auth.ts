import { EtcdError } from './error.ts';

/** Users and roles (etcdserver/auth). What a role may read and write is not kept: only root may do anything once it is on. */
export class Auth {
  readonly users = new Map<string, { password: string; roles: Set<string> }>();
  readonly roles = new Set<string>();
  enabled = false;

  addUser(name: string, password: string): void {
    if (name === '') throw new EtcdError('etcdserver: user name is empty');
    if (this.users.has(name)) throw new EtcdError('etcdserver: user name already exists');
    this.users.set(name, { password, roles: new Set() });
  }

  user(name: string): { password: string; roles: Set<string> } {
    const user = this.users.get(name);
    if (!user) throw new EtcdError('etcdserver: user name not found');
    return user;
  }

  deleteUser(name: string): void {
    this.user(name);
    this.users.delete(name);
  }

  addRole(name: string): void {
    if (this.roles.has(name)) throw new EtcdError('etcdserver: role name already exists');
    this.roles.add(name);
  }

  role(name: string): void {
    if (!this.roles.has(name)) throw new EtcdError('etcdserver: role name not found');
  }

  deleteRole(name: string): void {
    this.role(name);
    this.roles.delete(name);
    for (const { roles } of this.users.values()) roles.delete(name);
  }

  grant(user: string, role: string): void {
    const { roles } = this.user(user);
    this.role(role);
    roles.add(role);
  }

  revoke(user: string, role: string): void {
    if (!this.user(user).roles.delete(role)) throw new EtcdError('etcdserver: role is not granted to the user');
  }

  enable(): void {
    const root = this.users.get('root');
    if (!root) throw new EtcdError('etcdserver: root user does not exist');
    if (!root.roles.has('root')) throw new EtcdError('etcdserver: root user does not have root role');
    this.enabled = true;
  }

  /** Who asks. Throws for whoever may not. */
  check(name: string, password: string): void {
    if (!this.enabled) return;
    if (name === '') throw new EtcdError('etcdserver: user name is empty');
    const user = this.users.get(name);
    if (user?.password !== password) throw new EtcdError('etcdserver: authentication failed, invalid user ID or password');
    if (!user.roles.has('root')) throw new EtcdError('etcdserver: permission denied');
  }
}
