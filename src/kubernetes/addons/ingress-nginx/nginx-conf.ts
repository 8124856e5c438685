import { type Configuration, CATCH_ALL, type Location, rewrites, type Server } from './configuration.ts';

/** The generated /etc/nginx/nginx.conf, as far as it says where requests go. Endpoints and certificates are not in it: Lua has them. */
export function nginxConf({ servers, settings }: Configuration): string {
  return `
# Configuration checksum: ${checksum(JSON.stringify([servers.map((s) => [s.hostname, s.locations.map((l) => [l.path, l.upstream, l.annotations])]), settings.checksum]))}

# setup custom paths that do not require root access
pid /tmp/nginx/nginx.pid;

daemon off;

worker_processes 2;

events {
	multi_accept        on;
	worker_connections  16384;
	use                 epoll;
}

http {
	log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';

	access_log /var/log/nginx/access.log upstreaminfo  if=$loggable;
	error_log  /var/log/nginx/error.log notice;

	upstream upstream_balancer {
		server 0.0.0.1; # placeholder

		balancer_by_lua_block {
			balancer.balance()
		}

		keepalive 320;
	}
${servers.map(server).join('')}
	# backend for when default-backend-service is not configured or it does not have endpoints
	server {
		listen 8181 default_server reuseport backlog=4096;

		access_log off;

		location / {
			return 404;
		}
	}
}
`;
}

function server(s: Server): string {
  const fallback = s.hostname === CATCH_ALL ? ' default_server reuseport backlog=4096' : '';
  const name = s.hostname.startsWith('*.') ? `~^(?<subdomain>[\\w-]+)\\.${s.hostname.slice(2).replaceAll('.', '\\.')}$` : s.hostname;
  const appRoot = s.locations.find((l) => l.annotations.appRoot !== '')?.annotations.appRoot;
  return `
	## start server ${s.hostname}
	server {
		server_name ${name} ${s.aliases.map((a) => `${a} `).join('')};

		listen 80 ${fallback} ;
		listen 443 ${fallback} ssl http2 ;

		set $proxy_upstream_name "-";

		ssl_certificate_by_lua_block {
			certificate.call()
		}
${appRoot ? `\n\t\tif ($uri = /) {\n\t\t\treturn 302 $scheme://$http_host${appRoot};\n\t\t}\n` : ''}${s.locations.map((l) => location(l, s.regex)).join('')}	}
	## end server ${s.hostname}
`;
}

function location(l: Location, regex: boolean): string {
  const where = regex ? `~* "^${l.path}"` : l.pathType === 'Exact' ? `= ${l.path}` : l.path;
  const { annotations: a } = l, found = l.ingress?.spec.rules?.flatMap((r: { http?: { paths: { path?: string; backend: { service?: { name: string; port?: { number?: number; name?: string } } } }[] } }) => r.http?.paths ?? []).find((p: { path?: string }) => (p.path || '/') === l.ingressPath)?.backend.service;
  return `
		location ${where} {
			set $namespace      "${l.ingress?.metadata.namespace ?? ''}";
			set $ingress_name   "${l.ingress?.metadata.name ?? ''}";
			set $service_name   "${found?.name ?? ''}";
			set $service_port   "${found?.port?.number ?? found?.port?.name ?? ''}";
			set $location_path  "${l.ingressPath}";

			rewrite_by_lua_block {
				lua_ingress.rewrite({
					force_ssl_redirect = ${a.forceSslRedirect},
					ssl_redirect = ${a.sslRedirect},
					force_no_ssl_redirect = false,
					preserve_trailing_slash = ${a.preserveTrailingSlash},
					use_port_in_redirects = false,
				})
				balancer.rewrite()
				plugins.run()
			}

			set $proxy_upstream_name "${l.upstream}";
			set $proxy_host          $proxy_upstream_name;

${[...a.deny.map((c) => `deny ${c};`), ...a.allow.map((c) => `allow ${c};`), ...(a.allow.length > 0 ? ['deny all;'] : [])].map((line) => `\t\t\t${line}\n`).join('')}			client_max_body_size                    ${a.bodySize === 0 ? '0' : a.bodySize % 1048576 === 0 ? `${a.bodySize / 1048576}m` : a.bodySize};

			proxy_set_header Host                   ${a.upstreamVhost ? JSON.stringify(a.upstreamVhost) : '$best_http_host'};

			proxy_set_header X-Request-ID           $req_id;
			proxy_set_header X-Real-IP              $remote_addr;
			proxy_set_header X-Forwarded-For        $remote_addr;
			proxy_set_header X-Forwarded-Host       $best_http_host;
			proxy_set_header X-Forwarded-Port       $pass_port;
			proxy_set_header X-Forwarded-Proto      $pass_access_scheme;
			proxy_set_header X-Forwarded-Scheme     $pass_access_scheme;
			proxy_set_header X-Scheme               $pass_access_scheme;
			proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
			proxy_set_header Proxy                  "";

			proxy_connect_timeout                   ${a.connectTimeout}s;
			proxy_send_timeout                      60s;
			proxy_read_timeout                      ${a.readTimeout}s;
			proxy_buffering                         off;
			proxy_http_version                      1.1;

			proxy_next_upstream                     error timeout;
			proxy_next_upstream_timeout             0;
			proxy_next_upstream_tries               3;

${a.redirect ? `\t\t\treturn ${a.redirect.code} ${a.redirect.url};\n\n` : ''}${rewrites(l) ? `\t\t\trewrite "(?i)${l.path}" ${a.rewriteTarget} break;\n` : ''}			proxy_pass ${a.https ? 'https' : 'http'}://upstream_balancer;
			proxy_redirect                          off;
		}
`;
}

/** A number of twenty digits, as hashstructure's FNV-1a gives one. */
function checksum(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString();
}
