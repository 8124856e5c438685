/** Tells the student something about the page itself, where it is seen on every page. */
export function tell(message: string): void {
  let box = document.querySelector('#avisos-pagina');
  if (!box) {
    box = document.createElement('div');
    box.id = 'avisos-pagina';
    box.setAttribute('role', 'alert');
    (document.querySelector('main') ?? document.body).prepend(box);
  }
  const note = document.createElement('p');
  note.textContent = message;
  box.append(note);
}
