"use strict";
(() => {
  const table = document.getElementById("index");
  const place = document.getElementById("filter");
  if (!table || !place) return;
  const rows = [...table.tBodies[0].rows];
  const text = document.createElement("input");
  text.type = "search";
  text.id = "filter-text";
  const label = document.createElement("label");
  label.htmlFor = text.id;
  label.textContent = "Show only rows with";
  const shown = document.createElement("output");
  shown.htmlFor = text.id;
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) count += 1;
    }
    shown.textContent = `${count} of ${rows.length}`;
  };
  text.addEventListener("input", apply);
  place.className = "filter";
  place.append(label, text, shown);
  apply();
})();
