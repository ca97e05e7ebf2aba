// Loaded when a visitor begins to type: codes, inquiries, calculator and renewal check in place.
import { $, all, state, save, form, done, says, left } from './site.js';
import { api, busy, clear, fill, hold, make, pause, refuse, show } from './inplace.js';

const calc = $('#calc'), contact = $('#contact'), renewal = $('#renewal');

const half = text => text.normalize('NFKC').trim();
const uuid = () => {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = b[6] & 15 | 64; b[8] = b[8] & 63 | 128;
  return [...b].map(x => x.toString(16).padStart(2, 0)).join('').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

// Calculator: the server turns what people know into what the rules ask for.
function asked() {
  const names = new Set(all('input,select', calc).filter(e => !e.closest('[hidden]')).map(e => e.name));
  return new URLSearchParams([...new FormData(form)].filter(([name, value]) => names.has(name) && value));
}
function result(data, move) {
  const box = $('#result'), gap = data.gap.points, notes = data.notes ?? [], isStop = n => data.blocked_by.includes(n.code);
  all('[data-whole]', box).forEach(e => { e.hidden = data.withheld; });
  all('[data-withheld]', box).forEach(e => { e.hidden = !data.withheld; });
  fill(box, {
    ...data, suggestions: data.gap.suggestions, blockers: notes.filter(isStop), notes: notes.filter(n => !isStop(n)),
    verdict: gap > 0 ? `距 120 分还差 ${gap} 分` : data.can_apply ? '已达到 120 分标准分值' : '分数已够，但还有条件未满足',
  });
  $('progress', box).value = data.total;
  if (move) { box.focus(); box.scrollIntoView(); }
}
/** Scores what was answered and gives the id of the result, or nothing when something has to be put right; an inquiry goes without one where too many calculate. */
async function assess(button, isInquiry) {
  const answer = await api('/assessment', asked());
  if (isInquiry && (answer.status == 429 || answer.status == 503)) return false;
  if (answer.status != 201) return void refuse(calc, button, answer);
  clear(calc);
  state.result = answer.body;
  state.scored = asked().toString();
  save();
  result(answer.body);
  return answer.body.assessment_id;
}
const score = button => show(calc, form.birth_year.value ? [] : [['birth_year', '请填写四位的出生年份，如 1992']]) && busy(button, '正在计算…', async () => {
  if (await assess(button)) result(state.result, true);
});

// Code and inquiry.
let token, touched;
const withToken = async body => {
  const t = state.token || form?.form_token?.value || await Promise.race([token, new Promise(r => setTimeout(r, 1e3))]);
  return t ? { ...body, form_token: t } : body;
};
// The form of a site carries its key.
const key = form?.form_key?.value, withKey = key ? { form_key: key } : {};
// Where the visitor came from: the page around a frame says it in the frame's address.
let came;
try { came = form?.embedded && JSON.parse(decodeURIComponent(location.hash.slice(1))); } catch {}
const digits = text => half(text).replace(/[\s-]/g, '');
const phone = () => digits(form.phone.value).replace(/^(\+|00)?86(?=1\d{10}$)/, '');
function phoneErrors() {
  const p = phone(), n = p.length;
  const text = !p ? '请填写手机号' : /\D/.test(p) ? '手机号只填数字，请核对' : n < 11 ? `手机号少 ${11 - n} 位，请核对` : n > 11 ? `手机号多 ${n - 11} 位，请核对` : /^1[3-9]/.test(p) ? '' : '请填写内地手机号，请核对开头几位';
  return text ? [['phone', text]] : [];
}
/** Asks for a code; when a budget runs warm the same again, with work done beside the page and said below `place`. */
async function codeFor(number, purpose, place) {
  const ask = async more => api('verification-codes', await withToken({ phone: number, purpose, ...withKey, ...more }));
  const answer = await ask(), { challenge } = answer.body;
  const proof = challenge && await import('./proof.js').then(m => m.solve(challenge, place)).catch(() => {});
  return proof ? ask({ proof_of_work: proof }) : answer;
}
const send = button => show(contact, phoneErrors()) && busy(button, '正在发送…', async () => {
  const number = phone(), answer = await codeFor(number, 'inquiry', button.parentNode), { body } = answer;
  if (answer.status != 202) return $('#way').hidden = false, refuse(contact, button, answer, 'phone');
  const now = Date.now();
  Object.assign(state, { challenge: body.challenge_id, number, dies: now + body.expires_in * 1e3, until: now + body.resend_after * 1e3, sends: (state.sends || 0) + 1, fate: 0 });
  save();
  sent();
  form.code.focus();
});
function sent() {
  hold($('#send'), state.until, '重新获取');
  follow();
  watch();
}
let watcher;
/** Asks what became of the code, less and less often, until that is known or the code is over. */
function watch(pause = 0) {
  clearTimeout(watcher);
  const id = state.challenge;
  watcher = setTimeout(async () => {
    if (!(state.dies > Date.now()) || done && !done.hidden) return;
    const { status, body } = await api('verification-codes/' + id);
    if (id != state.challenge) return;
    if (status == 200) Object.assign(state, { fate: body.state, reference: body.reference }), follow();
    if (!fates[state.fate]) watch(pause * 1.5 || 2e3);
  }, pause);
}
const fates = { delivered: '运营商已送达，没看到请查看拦截箱。', refused: '运营商拒收或未能发出，请换号码或稍后重发。' };
/** What is said about the code on its way: how long it lives, and a way out once another may be asked for. */
function follow() {
  const left = state.dies - Date.now(), box = $('#sent');
  if (!box || !state.dies || state.number != phone()) return;
  const text = left > 0 ? `验证码${state.reference ? `（编号 ${state.reference}）` : ''}已发往 ${state.number.replace(/(...)(....)/, '$1 **** ')}，${Math.ceil(left / 6e4)} 分钟内有效。${fates[state.fate] || ''}` : '验证码已过期，请重新获取。';
  if (box.textContent != text) box.textContent = text;
  const way = $('#way'), isEarly = way.hidden = state.until > Date.now() && state.fate != 'refused', number = $('a[href^=tel]', way);
  // A second code that does not arrive is one too many: then the telephone.
  if (number && !$('#call')) {
    way.after(make('p', '请直接致电 ', { id: 'call', className: 'panel' }));
    $('#call').prepend(make('b', '两次都没收到？'));
    $('#call').append(number.cloneNode(true), '，顾问马上为您登记，不需要验证码。');
  }
  if ($('#call')) $('#call').hidden = isEarly || state.sends < 2;
}
setInterval(follow, 1e3);
form && $('#change')?.addEventListener('click', e => { e.preventDefault(); form.phone.focus(); form.phone.select(); });
/** Says nothing more of the code on its way; another may be asked for from `until` on. */
function forget(until) {
  hold($('#send'), until, '获取验证码');
  $('#sent').textContent = '';
  all('#way,#call').forEach(e => { e.hidden = true; });
}
// Another number may have its code at once.
form?.phone.addEventListener('input', () => {
  if (state.number && phone() != state.number) forget(0);
});
// What the company asks beside our own questions.
const questions = () => all('[name^="extra."]', contact);
function checked() {
  const code = digits(form.code.value), n = code.length, list = phoneErrors(), at = (id, text) => list.push([id, text]);
  if (!form.name.value.trim()) list.unshift(['name', '请填写您的称呼']);
  if (!state.challenge) at('code', '请先获取验证码');
  else if (state.number != phone()) at('code', '手机号已更改，请重新获取验证码');
  else if (!/^\d{6}$/.test(code)) at('code', n && n < 6 ? `验证码少 ${6 - n} 位，请核对` : '请填写短信里的 6 位验证码');
  for (const e of questions()) if (e.required && !e.value.trim()) at(e.id, `${e.options ? '请选择' : '请填写'}“${e.labels[0].firstChild.data}”`);
  if ($('[name=consent_reminder]:checked') && !form.permit_end.value) at('permit_end', '请选择居住证有效期截止日，或不选到期提醒');
  if (!form.consent.checked) at('consent', '请阅读并勾选隐私说明后再提交');
  return show(contact, list);
}
const submit = button => checked() && busy(button, '正在提交…', async () => {
  const isAsked = calc && form.birth_year.value, same = isAsked && state.result && state.scored == asked().toString();
  const known = !isAsked ? form.assessment_id?.value : same ? state.result.assessment_id : await assess(button, 1);
  if (isAsked && known == null) return;
  await touched;
  const extra = questions().map(e => [e.name.slice(6), e.value.trim()]).filter(e => e[1]);
  const inquiry = {
    name: form.name.value.trim(), phone: phone(), consent: {
      notice_version: form.notice_version.value, accepted: true, marketing: !!$('[name=consent_marketing]:checked'),
      recipients: all('[name=consent_recipient]:checked').map(e => e.value),
      ...$('[name=consent_reminder]:checked') && { reminder: { valid_until: form.permit_end.value } },
    },
    ...known && { assessment_id: known },
    ...form.preferred_window.value && { preferred_window: form.preferred_window.value },
    ...form.remark.value.trim() && { remark: form.remark.value.trim() },
    ...extra.length && { extra: Object.fromEntries(extra) },
    ...withKey,
  };
  // Until it is accepted the same content keeps its keys and where it came from, reloads included: a retry after a lost answer is no second inquiry.
  const text = JSON.stringify(inquiry);
  if (state.text != text) {
    const source = came || globalThis.huifangSource?.() || { page_url: location.origin + location.pathname, referrer: document.referrer.slice(0, 500) };
    Object.assign(state, { text, source, id: uuid(), key: uuid() });
    save();
  }
  const whole = await withToken({ ...inquiry, source: state.source, id: state.id, challenge_id: state.challenge, code: digits(form.code.value), website: form.website.value });
  const deliver = () => api('inquiries', whole, { 'Idempotency-Key': state.key });
  let answer = await deliver();
  // Too many at once: the same goes again by itself when the server says, twice.
  for (let n = 0; n < 2 && answer.status == 503 && answer.wait && answer.wait < 31; n++) {
    await pause(button, answer.wait, s => `人多，${s} 秒后自动再提交`);
    answer = await deliver();
  }
  const { status, body } = answer;
  if (status == 201) {
    clear(contact);
    const now = Date.now(), empty = all('#optional label').filter(e => !$(':checked', e)).map(e => [says(e), now]);
    try { localStorage.declined = JSON.stringify(Object.fromEntries([...Object.entries(left).filter(e => now - e[1] < 1728e5), ...empty])); } catch {}
    const kept = known && state.result?.assessment_id == known && state.result;
    const path = kept ? new URL(kept.result_url).pathname : location.pathname.match(/^\/a\/.+/)?.[0];
    Object.assign(state, { done: { ...body, whole_url: path }, sends: 0 });
    // The code is used and the form is over: the next one starts afresh.
    form.code.value = '';
    forget(state.until);
    for (const over of ['challenge', 'number', 'dies', 'until', 'fate', 'reference', 'token', 'text', 'source', 'typed']) delete state[over];
    token = 0;
    save();
    // The phone is proven: what waited for that is there now.
    if (kept?.withheld) api(path).then(a => {
      if (a.status != 200) return;
      state.result = { result_url: kept.result_url, ...a.body };
      save();
      result(state.result);
    });
    history.pushState(0, '', '#done');
    return page();
  }
  if (status == 409) delete state.text;
  if (body.code == 'consent_outdated') {
    form.consent.checked = false;
    api('privacy-notice').then(n => { if (n.body.version) form.notice_version.value = n.body.version; });
  }
  if (body.code == 'code_invalid' && Date.now() > state.dies) return show(contact, [['code', '验证码已过期，请重新获取']]);
  refuse(contact, button, answer);
});
/** Shows the success page or the form, whichever the address says. */
export function page() {
  const finished = location.hash == '#done' && state.done;
  if (finished) fill(done, state.done);
  $('#main').hidden = finished;
  done.hidden = !finished;
  if (finished) { $('h1', done).focus(); scrollTo(0, 0); }
}

const check = button => {
  const date = renewal.valid_until.value;
  if (show(renewal, date ? [] : [['valid_until', '请选择有效期截止日']])) busy(button, '正在查询…', async () => {
    const answer = await api('permit-renewals', { valid_until: date }), box = $('#renewal-out');
    if (answer.status != 200) return refuse(renewal, button, answer, 'valid_until');
    fill(box, answer.body);
    box.focus();
    remind(date);
  });
};
/** Offers a reminder while its last day, seven days before the end, is still to come; the box itself stays the visitor's. */
function remind(date) {
  const offer = $('#remind'), field = form?.permit_end;
  if (offer) offer.hidden = Date.parse(date) / 864e5 - Math.floor((Date.now() + 288e5) / 864e5) < 8;
  if (!field || !offer || offer.hidden) return;
  field.value = date;
  offer.onclick = () => { field.closest('details').open = true; };
}
// What people ask about their data: the page of the next step is the server's, the code is asked for like any other.
const ask = button => busy(button, '正在发送…', async () => {
  const { form: request } = button, answer = await codeFor(request.phone.value, 'privacy', button);
  if (answer.status != 202) return refuse(request.closest('main'), button, answer, 'phone');
  (request.sent ?? request.appendChild(make('input', '', { type: 'hidden', name: 'sent' }))).value = answer.body.challenge_id;
  request.submit();
});
const actions = { score, send, submit, check, ask };
/** Does what a pressed button says. */
export const press = button => actions[button.id](button);
/** Brings back the last result and the code on its way. */
export function restore() {
  if (calc && state.result?.gap) result(state.result);
  if (state.dies > Date.now() && state.number == phone()) sent();
  // What was sent and not answered is there as it was, the boxes for more included; the notice is agreed to anew.
  const { marketing, recipients = [], reminder } = state.text ? JSON.parse(state.text).consent : {};
  for (const e of all('[name^=consent_]')) {
    if (!(e.name == 'consent_marketing' ? marketing : e.name == 'consent_reminder' ? reminder : recipients.includes(e.value))) continue;
    e.checked = true;
    e.closest('details').open = true;
  }
}
/** Asks for the token that says when the form was first touched; it stays the first until the form is over, reloads included. */
export const touch = () => {
  token ||= Promise.resolve(state.token || form.form_token?.value || api('form-token').then(a => a.body.form_token)).then(t => {
    state.token = t;
    save();
    return t;
  });
  if (!form.embedded) touched ??= import('/embed.js').catch(() => {});
};
