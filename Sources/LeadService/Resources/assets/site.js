// Every page works without scripts; with them, nothing typed is lost and answers come in place.
export const $ = (query, root = document) => root.querySelector(query);
export const all = (query, root = document) => [...root.querySelectorAll(query)];
export const form = $('#f'), done = $('#done'), offline = '网络不稳定，已为您保留填写内容';
// Forms of several sites on one page have one each.
const place = 'huifang' + (form?.form_key?.value ?? '');
export let state = {};
try { state = JSON.parse(sessionStorage[place]) || {}; } catch {}
export const save = () => { try { sessionStorage[place] = JSON.stringify(state); } catch {} };

// Both at once: the one needs the other.
const load = () => (import('./inplace.js').catch(() => {}), import('./form.js'));

// What a box for more asks for, under which notice; and when such a one was left empty.
export const says = box => form.notice_version.value + box.textContent;
export let left = {};
try { left = JSON.parse(localStorage.declined) || {}; } catch {}

// A question that only some answers call for.
function fold() {
  all('[data-if]').forEach(e => {
    const [name, values] = e.dataset.if.split(':');
    e.hidden = !values.split(',').includes(e.closest('form').elements[name].value);
  });
}
// What was asked for a window is promised for it.
function promise() {
  const chosen = $('[data-says]:checked'), words = $('[data-promise]');
  if (chosen && words) words.textContent = chosen.dataset.says;
}
// The calculator's parts open one after the other; opening an earlier one again loses nothing.
all('[data-next]').forEach(button => button.onclick = () => {
  const part = button.closest('details'), next = part.nextElementSibling;
  part.open = false;
  next.open = true;
  $('summary', next).focus();
  next.scrollIntoView({ block: 'nearest' });
});

function enhance(f) {
  f.noValidate = true;
  f.addEventListener('submit', async e => {
    e.preventDefault();
    const button = e.submitter;
    try { (await load()).press(button); } catch {
      const box = $('.summary', button.closest('section,form')) ?? $('.summary');
      $('ul', box).textContent = offline + '，请再点一次“' + button.textContent + '”';
      box.hidden = false;
      box.focus();
    }
  });
}

if (form) {
  const kept = e => e.name && e.type != 'hidden' && !/^(code|consent|website)/.test(e.name);
  for (const e of state.typed ? [...form.elements].filter(kept) : []) {
    const values = state.typed.filter(([name]) => name == e.name).map(pair => pair[1]);
    if (/radio|checkbox/.test(e.type)) e.checked = values.includes(e.value); else if (values[0]) e.value = values[0];
  }
  // A box that was left empty is not offered again for 48 hours, unless its words or the notice are others.
  all('#optional label').forEach(e => Date.now() - left[says(e)] < 1728e5 && e.remove());
  if (!$('#optional label')) $('#optional')?.remove();
  const keep = () => {
    const names = new Set([...form.elements].filter(kept).map(e => e.name));
    state.typed = [...new FormData(form)].filter(([name]) => names.has(name));
    save();
  };
  enhance(form);
  form.addEventListener('input', keep);
  form.addEventListener('focusin', () => load().then(m => m.touch(), () => {}));
  form.addEventListener('keydown', e => {
    if (e.key != 'Enter' || e.target.tagName != 'INPUT') return;
    e.preventDefault();
    (e.target.closest('#contact') ? $('#submit') : $('[data-next]', e.target.closest('.part')) || $('#score')).click();
  });
  const page = () => load().then(m => m.page());
  addEventListener('popstate', page);
  if (state.result || state.dies) load().then(m => m.restore());
  if (location.hash == '#done') page();
  // Where somebody came from is kept once the page stands.
  if (!form.embedded && (location.search || document.referrer)) (window.requestIdleCallback ?? setTimeout)(() => import('/embed.js').catch(() => {}));
}
const renewal = $('#renewal');
if (renewal) enhance(renewal);
// Privacy requests: the code may cost a proof of work.
if ($('#ask')) enhance($('#ask').form);
const follow = () => { fold(); promise(); };
follow();
addEventListener('input', follow);
