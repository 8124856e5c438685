import { httpListen } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { MS } from '../../../sim/clock.ts';
import type { Daemon } from '../daemons.ts';
import type { Image } from '../image.ts';
import { httpDate } from './http-date.ts';
import { ALPINE, etc } from './os.ts';

/** The application of the course: Spring Boot on port 8080 on eclipse-temurin:17-jre-alpine, built by the student and loaded into the nodes (kind load). */
export const SPINK: Image[] = ['1.0.1', '1.0.2'].map((version) => ({
  names: [`localhost/spink:${version}`], size: 197_000_000, local: true,
  executables: { ...ALPINE, '/opt/java/openjdk/bin/java': 'spink' },
  files: { ...etc('alpine'), '/app/app.jar': 'PK\u0003\u0004' },
  entrypoint: ['java', '-jar', '/app/app.jar'], env: { PATH: '/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', JAVA_HOME: '/opt/java/openjdk', SPINK_VERSION: version }, workdir: '/app',
}));

const BANNER = `
  .   ____          _            __ _ _
 /\\\\ / ___'_ __ _ _(_)_ __  __ _ \\ \\ \\ \\
( ( )\\___ | '_ | '_| | '_ \\/ _\` | \\ \\ \\ \\
 \\\\/  ___)| |_)| | | | | || (_| |  ) ) ) )
  '  |____| .__|_| |_|_| |_\\__, | / / / /
 =========|_|==============|___/=/_/_/_/
 :: Spring Boot ::                (v3.1.5)

`;

const SHUTDOWN = 380 * MS;

const spink: Daemon = (process) => {
  const version = process.env['SPINK_VERSION'] ?? '1.0.1';
  const log = (logger: string, text: string, thread = 'main') => void process.out(`${isoMillis(process)}  INFO ${process.nspid} --- [${thread.padStart(15)}] ${abbreviate(logger).padEnd(40)} : ${text}\n`);
  const port = Number(process.env['SERVER_PORT'] ?? 8080);
  void process.out(BANNER);
  log('com.example.spink.SpinkApplication', `Starting SpinkApplication v${version} using Java 17.0.9 with PID ${process.nspid} (/app/app.jar started by root in /app)`);
  log('com.example.spink.SpinkApplication', 'No active profile set, falling back to 1 default profile: "default"');
  try {
    httpListen(process, { ip: '::', port }, (request, res) => {
      const path = request.path.split('?')[0]!;
      const answer = (status: number, type: string, body: string) => res.send(status, { 'Content-Type': type, Date: httpDate(process.now), 'Content-Length': String(body.length) }, request.method === 'HEAD' ? '' : body);
      if (path === '/' && (request.method === 'GET' || request.method === 'HEAD')) return answer(200, 'text/plain;charset=UTF-8', `Hola desde spink\nhostname: ${process.uts.hostname}\nclient: ${request.remote.ip}\nhost: ${request.headers['host'] ?? ''}\n`);
      if (/^\/actuator\/health(\/(liveness|readiness))?$/.test(path)) return answer(200, 'application/vnd.spring-boot.actuator.v3+json', '{"status":"UP"}');
      const [status, error] = path === '/' ? [405, 'Method Not Allowed'] : [404, 'Not Found'];
      answer(status, 'application/json', JSON.stringify({ timestamp: `${new Date(process.now / 1000).toISOString().replace('Z', '+00:00')}`, status, error, path }));
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    void process.out(`\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nWeb server failed to start. Port ${port} was already in use.\n\nAction:\n\nIdentify and stop the process that's listening on port ${port} or configure this application to listen on another port.\n\n`);
    return process.exit(1);
  }
  log('org.springframework.boot.web.embedded.tomcat.TomcatWebServer', `Tomcat initialized with port(s): ${port} (http)`);
  log('org.apache.catalina.core.StandardService', 'Starting service [Tomcat]');
  log('org.apache.catalina.core.StandardEngine', 'Starting Servlet engine: [Apache Tomcat/10.1.15]');
  log('org.apache.catalina.core.ContainerBase.[Tomcat].[localhost].[/]', 'Initializing Spring embedded WebApplicationContext');
  log('org.springframework.boot.actuate.endpoint.web.EndpointLinksResolver', "Exposing 1 endpoint(s) beneath base path '/actuator'");
  log('org.springframework.boot.web.embedded.tomcat.TomcatWebServer', `Tomcat started on port(s): ${port} (http) with context path ''`);
  log('com.example.spink.SpinkApplication', 'Started SpinkApplication in 1.482 seconds (process running for 1.957)');
  // The JVM's shutdown hook closes the web server and the context; then it ends as killed by the signal.
  for (const [signal, code] of [['TERM', 143], ['INT', 130], ['HUP', 129]] as const) process.onSignal(signal, () => process.world.clock.after(SHUTDOWN, () => process.exit(code)));
};

export const SPINK_DAEMONS: Record<string, Daemon> = { spink };

/** Logback's %logger{39}: packages shrink to their first letter until it fits. */
function abbreviate(logger: string): string {
  const parts = logger.split('.');
  for (let i = 0; i < parts.length - 1 && parts.join('.').length > 39; i++) parts[i] = parts[i]![0]!;
  return parts.join('.').slice(-39);
}

function isoMillis(process: Process): string {
  return new Date(process.now / 1000).toISOString().replace('Z', '+00:00').replace('+00:00', 'Z');
}
