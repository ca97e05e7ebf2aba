// The company's picture: looked at before it counts, stored when it is chosen, named by the setting.

import { api, el, say, steppedUp } from "./console.js";

const most = 48000;

/** What stands for a field: the picture, another one, none. */
export function editor(item, isDisabled, fail) {
  const box = el("div", { id: item.key, class: "logo", tabindex: "-1" });
  const show = (value) => {
    box.dataset.value = JSON.stringify(value);
    picture.replaceChildren(value ? el("img", { src: `/logo/${value.sha256}.png`, alt: "现在的标志", height: "56" }) : el("span", { class: "quiet" }, "没有标志"));
    none.hidden = !value;
  };
  const picture = el("p", {});
  const none = el("button", { type: "button", onclick: () => { show(null); box.dispatchEvent(new Event("input", { bubbles: true })); } }, "去掉");
  const pick = el("input", { type: "file", accept: "image/png", "aria-label": "选择 PNG 图片", onchange: async () => {
    const [file] = pick.files;
    if (!file) return;
    try {
      if (file.size > most) throw new Error("图片超过 48 KB，请压缩后再传");
      const bytes = new Uint8Array(await file.arrayBuffer());
      const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
      show(await steppedUp(() => api("POST", "/api/v1/logos", { file: text })));
    } catch (problem) {
      if (problem.code !== "cancelled") fail(problem.body?.errors?.[0]?.detail ?? (problem.status === undefined ? problem.message : say(problem)), item.key);
    } finally {
      pick.value = "";
    }
  } });
  box.append(picture, ...(isDisabled ? [] : [pick, none]));
  show(item.value);
  return box;
}

/** The picture that is chosen; what was seen when it is the same. */
export function chosen(box, item) {
  const value = JSON.parse(box.dataset.value);
  return value?.sha256 === item.value?.sha256 ? item.value : value;
}

export const summary = (value) => (value ? `图片 ${value.width}×${value.height}` : "没有");
