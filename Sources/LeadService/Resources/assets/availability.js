// What an adviser says of being at the desk; who is off leaves their tasks to others.

import { $, announce, api, report } from "./console.js";

const choice = $("availability");
const words = { on_shift: "在岗", break: "休息中", off: "已下班，名下到点的任务会给同事" };
let said = choice.value;

choice.addEventListener("change", async () => {
  const availability = choice.value;
  try {
    await api("PUT", `/api/v1/staff/${choice.dataset.staff}/availability`, { availability });
    said = availability;
    announce(words[availability]);
  } catch (problem) {
    choice.value = said;
    report(problem);
  }
});
