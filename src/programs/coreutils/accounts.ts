import type { Process } from '../../linux/process.ts';

export interface Account {
  name: string;
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
}

/** /etc/passwd of the process's files; without one, the machine's users. */
export function accounts(process: Process): Account[] {
  const file = process.fs.find('/etc/passwd');
  if (file?.kind === 'file') {
    return process.fs.readFile('/etc/passwd').split('\n').filter(Boolean).map((line) => {
      const [name = '', , uid, gid, gecos = '', home = '/', shell = ''] = line.split(':');
      return { name, uid: Number(uid), gid: Number(gid), gecos, home, shell };
    });
  }
  return [...process.machine.users.values()].map((u) => ({ ...u, gecos: '' }));
}

export function groups(process: Process): { name: string; gid: number; members: string[] }[] {
  const file = process.fs.find('/etc/group');
  if (file?.kind !== 'file') return [{ name: 'root', gid: 0, members: [] }, ...accounts(process).filter((a) => a.gid !== 0).map((a) => ({ name: a.name, gid: a.gid, members: [] }))];
  return process.fs.readFile('/etc/group').split('\n').filter(Boolean).map((line) => {
    const [name = '', , gid, members = ''] = line.split(':');
    return { name, gid: Number(gid), members: members.split(',').filter(Boolean) };
  });
}

export function userName(process: Process, uid: number): string {
  return accounts(process).find((a) => a.uid === uid)?.name ?? String(uid);
}

export function groupName(process: Process, gid: number): string {
  return groups(process).find((g) => g.gid === gid)?.name ?? String(gid);
}
