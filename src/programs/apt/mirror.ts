import { httpListen } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import { CATALOGUE, packagesIndex } from './catalogue.ts';

/** A Debian mirror on port 80: run it in a daemon of the scenario's host that deb.debian.org resolves to. */
export function serveMirror(process: Process, ip = '0.0.0.0'): void {
  httpListen(process, { ip, port: 80 }, (request, response) => {
    const type = { 'Content-Type': 'application/octet-stream' };
    if (/\/dists\/[\w-]+\/InRelease$/.test(request.path)) response.send(200, type, 'Origin: Debian\nSuite: stable\nCodename: bookworm\n');
    else if (/\/dists\/[\w-]+\/main\/binary-amd64\/Packages$/.test(request.path)) response.send(200, type, packagesIndex());
    else {
      const name = /\/pool\/main\/\w\/([^/]+)\/[^/]+\.deb$/.exec(request.path)?.[1];
      if (CATALOGUE.some((p) => p.name === name)) response.send(200, type, `!<arch>\n${name}\n`);
      else response.send(404, { 'Content-Type': 'text/html' }, '<html><head><title>404 Not Found</title></head></html>\n');
    }
  });
}
