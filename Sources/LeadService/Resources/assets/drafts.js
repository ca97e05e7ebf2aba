// What is typed for a task and not saved yet: kept on this computer, by adviser and task, until it is saved or they log out.

const prefix = "draft:";
const longest = 3 * 24 * 3_600_000;
const place = (username, id) => `${prefix}${username}:${id}`;

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));

export function readDraft(username, id) {
  try {
    return JSON.parse(localStorage.getItem(place(username, id)) ?? "{}");
  } catch {
    return {};
  }
}

/** Without room, or where a browser keeps nothing, what was typed lives as long as the page. */
export function keepDraft(username, id, draft, at) {
  try {
    localStorage.setItem(place(username, id), JSON.stringify({ ...draft, at }));
  } catch {
    // Nothing to be done: the form still has it.
  }
}

export const forgetDraft = (username, id) => localStorage.removeItem(place(username, id));

/** Drafts of another person's calls do not outlive their session. */
export function keepOnlyDraftsOf(username) {
  for (const key of keys()) if (!key.startsWith(place(username, ""))) localStorage.removeItem(key);
}

export const forgetDrafts = () => keys().forEach((key) => localStorage.removeItem(key));

/** What nobody came back to is let go. */
export function forgetOldDrafts(time) {
  for (const key of keys()) {
    const [, username, id] = key.split(":");
    if (!(time - readDraft(username, id).at < longest)) localStorage.removeItem(key);
  }
}
