import type { Image } from '../image.ts';
import { ALPINE, BUSYBOX, DEBIAN, etc, MERGED_USR, NETWORK_TOOLS, UBUNTU } from './os.ts';

/** Operating systems and images with tools: their main process is a shell or what the Pod says. */
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const of = (repository: string, tags: string) => tags.split(' ').map((t) => `${repository}:${t}`);

export const BASES: Image[] = [
  { names: of('docker.io/library/busybox', '1.28 1.35 1.36 1.36.1 latest stable'), size: 2_130_000, executables: BUSYBOX, files: etc('busybox'), cmd: ['sh'], env: PATH, directories: ['/home', '/var/spool', '/usr/lib'] },
  { names: of('gcr.io/google-containers/busybox', '1.24 1.27 latest'), size: 1_130_000, executables: BUSYBOX, files: etc('busybox'), cmd: ['sh'], env: PATH, directories: ['/home', '/var/spool', '/usr/lib'] },
  { names: of('docker.io/library/alpine', '3 3.18 3.19 3.20 latest'), size: 3_620_000, executables: ALPINE, files: etc('alpine'), cmd: ['/bin/sh'], env: PATH },
  { names: of('docker.io/library/ubuntu', '22.04 24.04 jammy latest'), size: 29_536_818, executables: UBUNTU, files: etc('ubuntu'), links: MERGED_USR, cmd: ['/bin/bash'], env: PATH, directories: ['/boot', '/home', '/media', '/mnt', '/opt', '/srv', '/usr/lib'] },
  { names: of('docker.io/library/debian', '12 bookworm bookworm-slim latest'), size: 49_600_000, executables: DEBIAN, files: etc('debian'), links: MERGED_USR, cmd: ['bash'], env: PATH, directories: ['/boot', '/home', '/media', '/mnt', '/opt', '/srv', '/usr/lib'] },
  { names: of('docker.io/library/perl', '5 5.34 5.34.0 5.36 latest'), size: 336_000_000, executables: { ...DEBIAN, '/usr/local/bin/perl': 'perl' }, files: etc('debian'), links: MERGED_USR, cmd: ['perl', '-de0'], env: PATH, workdir: '/usr/src/app', directories: ['/usr/src/app'] },
  { names: of('docker.io/curlimages/curl', '7.88.1 8.5.0 latest'), size: 6_000_000, executables: { ...ALPINE, '/usr/bin/curl': 'curl', '/entrypoint.sh': 'curl' }, files: etc('alpine', 'curl_user:x:100:101:Linux User,,,:/home/curl_user:/sbin/nologin\n'), entrypoint: ['/entrypoint.sh'], cmd: ['curl'], user: '100:101', env: PATH, workdir: '/home/curl_user', directories: ['/home/curl_user'] },
  { names: of('docker.io/nicolaka/netshoot', 'latest v0.11 v0.13'), size: 200_000_000, executables: { ...ALPINE, ...NETWORK_TOOLS, '/bin/bash': 'bash', '/bin/zsh': 'bash' }, files: etc('alpine'), cmd: ['zsh'], env: { ...PATH, HOSTNAME: 'netshoot' }, workdir: '/root' },
  { names: of('registry.k8s.io/e2e-test-images/jessie-dnsutils', '1.3 1.7'), size: 112_000_000, executables: { ...DEBIAN, '/usr/bin/dig': 'dig', '/usr/bin/nslookup': 'nslookup', '/usr/bin/host': 'host' }, files: etc('debian'), links: MERGED_USR, cmd: ['sleep', 'infinity'], env: PATH },
];
