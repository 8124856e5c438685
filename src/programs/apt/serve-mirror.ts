import { httpListen } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';

/** Port 80 of an archive's mirror; its catalogue is loaded when somebody asks. */
export function serveMirror(process: Process, ip = '0.0.0.0'): void {
  httpListen(process, { ip, port: 80 }, (request, response) => {
    process.world.bring(() => import('./mirror.ts'), process, ({ mirrored }) => {
      const body = mirrored(request.path);
      if (body === undefined) response.send(404, { 'Content-Type': 'text/html' }, '<html><head><title>404 Not Found</title></head></html>\n');
      else response.send(200, { 'Content-Type': 'application/octet-stream' }, body);
    });
  });
}
