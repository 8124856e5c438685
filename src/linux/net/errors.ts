export type NetErrno =
  | 'EEXIST' | 'ENODEV' | 'ENETUNREACH' | 'EHOSTUNREACH' | 'EINVAL' | 'ESRCH' | 'ENOENT' | 'EPERM' | 'EACCES' | 'EADDRNOTAVAIL' | 'EADDRINUSE' | 'ENETDOWN'
  | 'EBUSY' | 'EOPNOTSUPP' | 'ERANGE' | 'ECONNREFUSED' | 'ETIMEDOUT' | 'ECONNRESET' | 'EPIPE' | 'EMSGSIZE' | 'ENOTCONN' | 'EAFNOSUPPORT' | 'ENOBUFS' | 'ELOOP' | 'ECONNABORTED' | 'EPROTO' | 'ENOPROTOOPT';

/** strerror(3) of what the network's calls return. */
export const ERROR_TEXT: Record<NetErrno, string> = {
  EEXIST: 'File exists', ENODEV: 'No such device', ENETUNREACH: 'Network is unreachable', EHOSTUNREACH: 'No route to host', EINVAL: 'Invalid argument',
  ESRCH: 'No such process', ENOENT: 'No such file or directory', EPERM: 'Operation not permitted', EACCES: 'Permission denied',
  EADDRNOTAVAIL: 'Cannot assign requested address', EADDRINUSE: 'Address already in use', ENETDOWN: 'Network is down', EBUSY: 'Device or resource busy',
  EOPNOTSUPP: 'Operation not supported', ERANGE: 'Numerical result out of range', ECONNREFUSED: 'Connection refused', ETIMEDOUT: 'Connection timed out',
  ECONNRESET: 'Connection reset by peer', EPIPE: 'Broken pipe', EMSGSIZE: 'Message too long', ENOTCONN: 'Transport endpoint is not connected',
  EAFNOSUPPORT: 'Address family not supported by protocol', ENOBUFS: 'No buffer space available', ELOOP: 'Too many levels of symbolic links',
  ECONNABORTED: 'Software caused connection abort', EPROTO: 'Protocol error', ENOPROTOOPT: 'Protocol not available',
};

/** A refused rtnetlink request. `text` is the kernel's extended message ("Error: …" of ip), when there is one. */
export class NetlinkError extends Error {
  readonly errno: NetErrno;
  readonly text: string | undefined;
  constructor(errno: NetErrno, text?: string) {
    super(text ?? ERROR_TEXT[errno]);
    this.errno = errno;
    this.text = text;
  }
}

/** A failed socket call; the message is strerror's. */
export class SocketError extends Error {
  readonly errno: NetErrno;
  constructor(errno: NetErrno) {
    super(ERROR_TEXT[errno]);
    this.errno = errno;
  }
}
