/** What a lesson may use: `import { Compruebalo, Diagrama } from '@curso';` */
export { default as Compruebalo } from './Compruebalo.astro';
export { default as Diagrama } from './Diagrama.astro';
export { default as Ejemplo } from './Ejemplo.astro';
export { default as PaqueteDe } from './PaqueteDe.astro';
export { default as Pista } from './Pista.astro';
