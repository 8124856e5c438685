/** What a lesson may use: `import { Compruebalo, Diagrama } from '@curso';` */
export { default as Backend } from './Backend.astro';
export { default as Compruebalo } from './Compruebalo.astro';
export { default as Diagrama } from './Diagrama.astro';
export { default as Ejemplo } from './Ejemplo.astro';
export { default as PaqueteDe } from './PaqueteDe.astro';
export { default as Pista } from './Pista.astro';
export { default as PorDentro } from './PorDentro.astro';
export { default as Repaso } from './Repaso.astro';
/** Shapes inside a Diagrama. */
export { default as Cable } from './dibujo/Cable.astro';
export { default as Calle } from './dibujo/Calle.astro';
export { default as Cuaderno } from './dibujo/Cuaderno.astro';
export { default as Edificio } from './dibujo/Edificio.astro';
export { default as Mesa } from './dibujo/Mesa.astro';
export { default as Pieza } from './dibujo/Pieza.astro';
export { default as Planta } from './dibujo/Planta.astro';
export { default as Puerta } from './dibujo/Puerta.astro';
export { default as Rotulo } from './dibujo/Rotulo.astro';
export { default as Sobre } from './dibujo/Sobre.astro';
