// Assigning by pointer: a task's row is dragged onto an adviser's. The choice in the row does the same by keyboard and by thumb.

const kind = "application/x-huifang-task";
let dragged = null;

/** Whether a row is on its way, so that lists are better left as they are. */
export const isDragging = () => dragged !== null;

/** Lets a task's row be dragged. */
export function draggable(row, task) {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    dragged = task;
    // What other programs get is nothing about the person.
    event.dataTransfer.setData(kind, task.id);
    event.dataTransfer.effectAllowed = "move";
  });
  row.addEventListener("dragend", () => { dragged = null; });
  return row;
}

/**
 * Lets task rows be dropped on rows of a body.
 * @param onDrop gets the task and the row
 */
export function droppable(body, onDrop) {
  const rowUnder = (event) => event.target.closest?.("tr");
  const mark = (row) => {
    for (const one of body.querySelectorAll("[data-drop]")) if (one !== row) delete one.dataset.drop;
    if (row) row.dataset.drop = "";
  };
  body.addEventListener("dragover", (event) => {
    const row = rowUnder(event);
    if (!dragged || !row) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    mark(row);
  });
  body.addEventListener("dragleave", (event) => { if (!body.contains(event.relatedTarget)) mark(null); });
  body.addEventListener("drop", (event) => {
    const row = rowUnder(event);
    mark(null);
    if (!dragged || !row) return;
    event.preventDefault();
    const task = dragged;
    dragged = null;
    onDrop(task, row);
  });
}
