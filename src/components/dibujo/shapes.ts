/**
 * What the pictures of the course are made of. One shape a kind, one colour a plane; a shape also says its name, so nothing
 * hangs on colour. Coordinates are those of the picture, 360 wide unless it says otherwise: a phone shows it without scrolling.
 */
export type Plane = 'control' | 'datos' | 'red' | 'almacen';

export interface Kind {
  plane: Plane;
  /** Path of its sign in a square of 16 × 16, drawn as lines. */
  sign: string;
}

/** Signs of our own in the manner of the official icons. */
export const KINDS = {
  api: { plane: 'control', sign: 'M2 8h12M10 4l4 4-4 4M6 4 2 8l4 4' },
  etcd: { plane: 'almacen', sign: 'M3 4c0-1.4 10-1.4 10 0v8c0 1.4-10 1.4-10 0zM3 4c0 1.4 10 1.4 10 0M3 8c0 1.4 10 1.4 10 0' },
  scheduler: { plane: 'control', sign: 'M8 2v5l3 2M8 14A6 6 0 1 1 14 8' },
  controllers: { plane: 'control', sign: 'M13 6A5.5 5.5 0 0 0 3 6M13 2v4H9M3 10a5.5 5.5 0 0 0 10 0M3 14v-4h4' },
  controlador: { plane: 'control', sign: 'M13 6A5.5 5.5 0 0 0 3 6M13 2v4H9M3 10a5.5 5.5 0 0 0 10 0M3 14v-4h4' },
  kubelet: { plane: 'control', sign: 'M8 2v8M3 6.5A6 6 0 0 0 8 14a6 6 0 0 0 5-7.5M6 4h4' },
  proxy: { plane: 'red', sign: 'M2 8h4l3-4h5M6 8l3 4h5M11.5 2 14 4l-2.5 2M11.5 10l2.5 2-2.5 2' },
  cri: { plane: 'datos', sign: 'M2 5l6-3 6 3v6l-6 3-6-3zM2 5l6 3 6-3M8 8v6' },
  cni: { plane: 'red', sign: 'M8 2v5M8 7 3 12M8 7l5 5M2 11h3v3H2zM11 11h3v3h-3zM6.5 1.5h3v2h-3z' },
  dns: { plane: 'red', sign: 'M3 2h10v12H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3' },
  pod: { plane: 'datos', sign: 'M8 1.5 13.5 4v8L8 14.5 2.5 12V4zM8 7 2.5 4M8 7l5.5-3M8 7v7.5' },
  contenedor: { plane: 'datos', sign: 'M2 4h12v8H2zM5 4v8M8 4v8M11 4v8' },
  service: { plane: 'red', sign: 'M8 4v4M8 8H3v3M8 8h5v3M8 8v3M6 1.5h4V4H6zM1.5 11h3v3h-3zM6.5 11h3v3h-3zM11.5 11h3v3h-3z' },
  ingress: { plane: 'red', sign: 'M1.5 8H8M5.5 5.5 8 8l-2.5 2.5M9 2h5v12H9M11.5 8h1' },
  gateway: { plane: 'red', sign: 'M2 14V6a6 6 0 0 1 12 0v8M5 14V7a3 3 0 0 1 6 0v7M1 14h14' },
  ruta: { plane: 'red', sign: 'M8 14V9M8 9 3.5 4.5M8 9l4.5-4.5M3 7.5v-3h3M10 4.5h3v3' },
  clase: { plane: 'red', sign: 'M3 2h7l3 3v9H3zM10 2v3h3M5.5 8.5h5M5.5 11h5' },
  cliente: { plane: 'datos', sign: 'M2 3h12v8H2zM6 14h4M8 11v3' },
  archivo: { plane: 'almacen', sign: 'M3 2h7l3 3v9H3zM10 2v3h3M5.5 8h5M5.5 10.5h5' },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** Room that words take: bold at 13 px, figures at 11.5 px. Throws where they do not fit, saying what would do. */
export function checkFits(shape: string, width: number, padding: number, nombre: string, dir?: string): void {
  const needs = Math.ceil(padding + Math.max(nombre.length * 7.1, (dir?.length ?? 0) * 6.95));
  if (needs > width + 2) throw new Error(`<${shape} nombre="${nombre}">: no cabe en w={${width}}; pon w={${needs}}.`);
}
