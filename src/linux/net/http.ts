export { Duplex, type ByteStream } from './byte-stream.ts';
export { httpFetch, httpRequest, HttpClient, HttpError, HttpSignal, type HttpCallback, type HttpErrorCode, type HttpPhase, type HttpResponse, type RequestOptions } from './http-client.ts';
export { headerList, type Headers, REASONS } from './http-message.ts';
export { httpListen, type HttpHandler, type HttpListenOptions, type HttpRequest, type HttpResponder } from './http-server.ts';
export { TlsError, type Certificate, type TlsClientOptions, type TlsInfo, type TlsServerOptions } from './tls.ts';
