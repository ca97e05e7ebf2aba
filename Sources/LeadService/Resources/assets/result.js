// The result page can be printed; deleting it is a form that needs no script.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.onclick = () => print();
}
