// Inside a frame on somebody's page: tells that page how high the form is, when it asks, and nothing else.
const origins = document.body.dataset.origins.split(' ');
let host, told;
function tell() {
  // In steps, so that the page around learns no more than that.
  const height = Math.ceil(document.body.offsetHeight / 8) * 8;
  if (!host || height == told) return;
  told = height;
  parent.postMessage({ huifang: 'height', height }, host);
}
addEventListener('message', e => {
  if (e.source != parent || !origins.includes(e.origin) || e.data?.huifang != 'height') return;
  host = e.origin;
  told = 0;
  tell();
});
new ResizeObserver(tell).observe(document.body);
