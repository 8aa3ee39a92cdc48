// Files that are chosen, or dropped anywhere on the page.

/**
 * Hand over files.
 *
 * @param {HTMLInputElement} input to choose one with
 * @param {(file: File) => void} take called with each
 */
export function connectFiles(input, take) {
  input.addEventListener('change', () => {
    const [file] = input.files;
    input.value = ''; // so that the same one can be chosen again
    if (file) take(file);
  });

  const mark = (isDragging) => document.body.classList.toggle('dragging', isDragging);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (event) => mark(event.relatedTarget !== null));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
