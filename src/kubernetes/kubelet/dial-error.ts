/** How Go's net package names a failed dial. */
export function dialError(errno: string, host: string, port: number, kind: 'http' | 'tcp'): string {
  const dial = `dial tcp ${host}:${port}: connect: `;
  switch (errno) {
    case 'ECONNREFUSED': return `${dial}connection refused`;
    case 'EHOSTUNREACH': return `${dial}no route to host`;
    case 'ENETUNREACH': return `${dial}network is unreachable`;
    case 'ECONNRESET': return kind === 'http' ? `read tcp ${host}:${port}: read: connection reset by peer` : `${dial}connection reset by peer`;
    case 'EMPTY': return 'EOF';
    case 'BAD': return 'malformed HTTP response';
    case 'ETIMEDOUT': default: return kind === 'http' ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : `dial tcp ${host}:${port}: i/o timeout`;
  }
}
