// Every page works without scripts; with them, nothing typed is lost and answers come in place.
export const $ = (query, root = document) => root.querySelector(query);
export const all = (query, root = document) => [...root.querySelectorAll(query)];
export const form = $('#f'), done = $('#done'), offline = '网络不稳定，已为您保留填写内容';
export let state = {};
try { state = JSON.parse(sessionStorage.huifang) || {}; } catch {}
export const save = () => { try { sessionStorage.huifang = JSON.stringify(state); } catch {} };

const load = () => import('./form.js');

// A question that only some answers call for.
function fold() {
  all('[data-if]').forEach(e => {
    const [name, values] = e.dataset.if.split(':');
    e.hidden = !values.split(',').includes(e.closest('form').elements[name].value);
  });
}

function enhance(f) {
  f.noValidate = true;
  f.addEventListener('submit', async e => {
    e.preventDefault();
    const button = e.submitter;
    try { (await load()).press(button); } catch {
      const box = $('.summary', button.closest('section,form'));
      $('ul', box).textContent = offline + '，请再点一次“' + button.textContent + '”';
      box.hidden = false;
      box.focus();
    }
  });
}

if (form) {
  const typed = [...form.elements].filter(e => e.name && e.type != 'hidden' && !/^(code|consent|website)$/.test(e.name));
  for (const [name, value] of state.typed || []) {
    const e = typed.find(e => e.name == name);
    if (e && e.type == 'checkbox') e.checked = value; else if (e && value) e.value = value;
  }
  // A box that was left empty is not offered again for 48 hours.
  try { if (Date.now() - localStorage.declined < 1728e5) $('#optional')?.remove(); } catch {}
  const keep = () => { state.typed = typed.map(e => [e.name, e.type == 'checkbox' ? e.checked : e.value]); save(); };
  enhance(form);
  form.addEventListener('input', keep);
  form.addEventListener('focusin', () => load().then(m => m.touch(), () => {}), { once: true });
  form.addEventListener('keydown', e => {
    if (e.key != 'Enter' || e.target.tagName != 'INPUT') return;
    e.preventDefault();
    $(e.target.closest('#contact') ? '#submit' : '#score').click();
  });
  const page = () => load().then(m => m.page());
  addEventListener('popstate', page);
  if (state.result || state.dies) load().then(m => m.restore());
  if (location.hash == '#done') page();
}
const renewal = $('#renewal');
if (renewal) enhance(renewal);
fold();
addEventListener('input', fold);
