// The inquiry form on pages of others, by one tag:
// <script src="https://OUR-SITE/embed.js" data-form="KEY" data-mode="inline" async></script>   or data-mode="popup"
// Our own pages import it for where a visitor came from. Old browsers run it: no syntax newer than 2015's.
(function () {
  'use strict';
  var tag = document.currentScript, place = 'huifang.touch', kept;

  // Whatever goes wrong here is not the page's business.
  function safe(work) {
    return function (value) { try { return work(value); } catch (e) { return undefined; } };
  }
  function cut(text, most) { return String(text || '').slice(0, most); }
  /** An address without query and fragment, which may say more than where it is. */
  function bare(address) { var url = new URL(address); return cut(url.origin + url.pathname, 500); }

  /** What the address and the referrer say of this visit. */
  function look() {
    var touch = { at: new Date().toISOString(), landing_url: bare(location.href) }, count = 0, from = document.referrer;
    new URLSearchParams(location.search).forEach(function (value, name) {
      var kind = /^utm_./i.test(name) ? 'utm' : /(cl|lk)id$|click_?id$|^[wg]braid$|_vid$|^qz_gdt$/i.test(name) ? 'click_ids' : 0;
      if (!kind || !value || ++count > 24) return;
      touch[kind] = touch[kind] || {};
      touch[kind][cut(name.toLowerCase().replace('utm_', ''), 64)] = cut(value, 100);
    });
    if (from && new URL(from).origin != location.origin) touch.referrer = cut(from, 500);
    return touch;
  }
  /** The first touch within 90 days, and the last that says where somebody came from; this visit, where storage is shut. */
  function touches(now) {
    if (kept) return kept;
    try { kept = JSON.parse(localStorage.getItem(place)); } catch (e) { kept = 0; }
    if (!kept || !kept.last || !(Date.now() - Date.parse(kept.first.at) < 7776e6)) kept = { first: now, last: now };
    if (now.utm || now.click_ids || now.referrer) kept.last = now;
    try { localStorage.setItem(place, JSON.stringify(kept)); } catch (e) { return kept; }
    return kept;
  }
  /** The member `source` of an inquiry. */
  function source() {
    var now = look(), all = touches(now);
    return {
      page_url: now.landing_url, landing_url: all.last.landing_url, referrer: cut(document.referrer, 500),
      utm: now.utm || {}, click_ids: now.click_ids || {}, first_touch: all.first, last_touch: all.last
    };
  }

  if (!tag) { // by import()
    window.huifangSource = safe(source);
    return window.huifangSource();
  }

  safe(function () {
    var origin = new URL(tag.src).origin, key = tag.getAttribute('data-form');
    var isPopup = tag.getAttribute('data-mode') == 'popup', words = tag.getAttribute('data-label') || '预约顾问来电';
    var address = origin + '/embed/inquiry' + (key ? '?form=' + encodeURIComponent(key) : '')
      + '#' + encodeURIComponent(JSON.stringify(safe(source)() || {}));

    function make(name, styles, text) {
      var element = document.createElement(name);
      element.style.cssText = styles;
      if (text) element.textContent = text;
      return element;
    }
    function button(styles, text, press) {
      var element = make('button', 'border:0;font:inherit;cursor:pointer;min-height:48px;' + styles, text);
      element.type = 'button';
      element.addEventListener('click', safe(press));
      return element;
    }
    function frame() {
      var box = make('div', ''), view = make('iframe', 'border:0;display:block;width:100%;height:640px'), timer, isHeard;
      view.title = words;
      view.referrerPolicy = 'strict-origin';
      if (!isPopup) view.loading = 'lazy';
      view.addEventListener('load', safe(function () {
        view.contentWindow.postMessage({ huifang: 'height' }, origin);
        clearTimeout(timer);
        // Refused, or without scripts: there is a page of its own.
        timer = setTimeout(safe(function () {
          if (isHeard || box.lastChild != view) return;
          var link = make('a', '', '表单没有显示？在新页面打开');
          link.href = address;
          link.target = '_blank';
          link.rel = 'noopener';
          box.appendChild(link);
        }), 8000);
      }));
      addEventListener('message', safe(function (e) {
        var height = e.origin === origin && e.source === view.contentWindow && e.data && e.data.huifang === 'height' && e.data.height;
        if (typeof height != 'number' || !(height > 0 && height < 20000)) return;
        isHeard = true;
        view.style.height = Math.ceil(height) + 'px';
        if (box.lastChild != view) box.removeChild(box.lastChild);
      }));
      view.src = address;
      box.appendChild(view);
      return box;
    }
    function popup() {
      var dialog;
      return button('background:#0b5848;color:#fff;border-radius:8px;font-weight:700;padding:0 20px', words, function () {
        if (!window.HTMLDialogElement) return open(address);
        if (!dialog) {
          dialog = make('dialog', 'box-sizing:border-box;width:96vw;max-width:34rem;max-height:94vh;overflow:auto;border:0;border-radius:12px;padding:8px 16px 16px;background:#fff;color:#1b2422');
          dialog.setAttribute('aria-label', words);
          dialog.appendChild(button('background:#fff;color:inherit;display:block;margin-left:auto;min-width:48px;position:sticky;top:0', '关闭', function () { dialog.close(); }));
          dialog.appendChild(frame());
          document.body.appendChild(dialog);
        }
        dialog.showModal();
      });
    }
    function put() {
      var element = isPopup ? popup() : frame();
      if (document.body.contains(tag)) tag.parentNode.insertBefore(element, tag.nextSibling);
      else document.body.appendChild(element);
    }
    if (document.body) put(); else document.addEventListener('DOMContentLoaded', safe(put));
  })();
})();
