import type { Image } from '../image.ts';
import { DEBIAN, etc, MERGED_USR } from './os.ts';

/** server.js of the image `login`. */
export const LOGIN_CODE = `const express = require('express');
const app = express();

app.get('/login', (req, res) => {
  res.send('Bienvenido al login!');
});

app.listen(3000, () => console.log('Escuchando en el puerto 3000'));
process.on('SIGTERM', () => process.exit(0));
`;

/** The Express application of the notes: its answers are written down here, unless the student's own code answers in its stead. */
export const LOGIN: Image[] = [{
  names: ['registry.de-curl-al-pod.example/login:1.0'], size: 58_400_000, executables: { ...DEBIAN, '/usr/local/bin/node': 'node-login' }, links: MERGED_USR,
  files: { ...etc('debian'), '/usr/src/app/server.js': LOGIN_CODE, '/usr/src/app/package.json': '{ "name": "login", "dependencies": { "express": "4.19.2" } }\n' },
  workdir: '/usr/src/app', cmd: ['node', 'server.js'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', NODE_VERSION: '20.11.1' },
}];
