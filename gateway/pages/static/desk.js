// The desk with script: keys that can be switched off (WCAG 2.1.4), a count of what is ticked, messages marked as read.
const OFF = "guichet-raccourcis";
const rows = [...document.querySelectorAll(".inbox tbody tr")];
const ticks = rows.map((row) => row.querySelector("input[type=checkbox]"));
let here = -1;

const keys = document.querySelector(".filters")
  ? {
      j: ["Demande suivante", () => move(1)],
      k: ["Demande précédente", () => move(-1)],
      o: ["Ouvrir la demande", () => rows[here]?.querySelector("a.open").click()],
      x: ["Cocher la demande", () => tick()],
      "/": ["Rechercher", () => document.getElementById("q").focus()],
      "?": ["Afficher ou masquer cette liste", () => toggle()],
    }
  : {
      d: ["Décider", () => jump("decider")],
      c: ["Discussion", () => jump("discussion")],
      h: ["Historique", () => jump("historique")],
      n: ["Écrire une note", () => document.getElementById("note")?.focus()],
      u: ["Revenir à la liste", () => document.querySelector(".crumbs a").click()],
      "?": ["Afficher ou masquer cette liste", () => toggle()],
    };

for (const [key, id] of [["d", "decider"], ["c", "discussion"], ["h", "historique"], ["n", "note"], ["u", "contenu"]]) {
  if (keys[key] && !document.getElementById(id)) delete keys[key];
}

function on() {
  try {
    return localStorage.getItem(OFF) !== "non";
  } catch {
    return true;
  }
}

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (!on() || field || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key][1]();
});

function move(step) {
  if (!rows.length) return;
  here = Math.min(Math.max(here + step, 0), rows.length - 1);
  rows.forEach((row, place) => row.classList.toggle("current", place === here));
  rows[here].querySelector("a.open").focus();
  rows[here].scrollIntoView({ block: "nearest" });
}

function tick() {
  if (here < 0) return;
  ticks[here].checked = !ticks[here].checked;
  count(true);
}

function jump(id) {
  const target = document.getElementById(id);
  if (!target) return;
  target.tabIndex = -1;
  target.focus();
}

// The list of keys, with its switch: made here, because without script there are no keys.
const panel = document.createElement("details");
panel.className = "fold shortcuts";
const summary = document.createElement("summary");
summary.textContent = "Raccourcis clavier";
const list = document.createElement("dl");
for (const [key, [name]] of Object.entries(keys)) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const mark = document.createElement("kbd");
  mark.textContent = key;
  term.append(mark);
  const said = document.createElement("dd");
  said.textContent = name;
  line.append(term, said);
  list.append(line);
}
const choice = document.createElement("p");
choice.className = "pick";
const box = document.createElement("input");
box.type = "checkbox";
box.id = "raccourcis";
box.checked = on();
const label = document.createElement("label");
label.htmlFor = box.id;
label.textContent = "Utiliser ces raccourcis";
choice.append(box, " ", label);
box.addEventListener("change", () => {
  try {
    localStorage.setItem(OFF, box.checked ? "oui" : "non");
  } catch {
    // A browser that keeps nothing: the keys stay on.
  }
});
panel.append(summary, choice, list);
document.querySelector("main").append(panel);

function toggle() {
  panel.open = !panel.open;
  if (panel.open) summary.focus();
}

// What is ticked, said once it changes; one button ticks the page.
const told = document.getElementById("lot-compte");
function count(aloud) {
  const number = ticks.filter((each) => each.checked).length;
  const plural = number > 1 ? "s" : "";
  const text = number ? `${number} demande${plural} cochée${plural}.` : "Aucune demande cochée.";
  if (told) told.textContent = text;
  const announce = document.getElementById("annonce");
  if (aloud && announce) announce.textContent = text;
}
if (told) {
  const all = document.createElement("button");
  all.type = "button";
  all.className = "button quiet small";
  all.textContent = "Cocher toute la page";
  all.addEventListener("click", () => {
    const every = ticks.every((each) => each.checked);
    ticks.forEach((each) => { each.checked = !every; });
    all.textContent = every ? "Cocher toute la page" : "Tout décocher";
    count(true);
  });
  document.querySelector(".exports").before(all);
  ticks.forEach((each) => each.addEventListener("change", () => count(false)));
  count(false);

  // Only the field that the chosen action needs.
  const needs = { confier: ["confier-a"], etiqueter: ["nom-etiquette"], detiqueter: ["nom-etiquette"], etat: ["nouvel-etat", "motif"] };
  const lot = document.getElementById("lot");
  const show = () => {
    const wanted = needs[new FormData(lot).get("action")] ?? [];
    for (const id of Object.values(needs).flat()) document.getElementById(id).closest(".field").hidden = !wanted.includes(id);
  };
  lot.addEventListener("change", show);
  show();
}

// A line of filters is closed on a small screen, unless it is in use.
const filters = document.querySelector(".more-filters");
if (filters && matchMedia("(max-width: 40rem)").matches && !filters.dataset.used) filters.open = false;

// Shown is read, once the person had it before his eyes for a second.
const thread = document.querySelector("[data-read]");
if (thread) {
  let wait = 0;
  const watcher = new IntersectionObserver(([entry]) => {
    clearTimeout(wait);
    if (entry.isIntersecting) wait = setTimeout(read, 1000);
  });
  const read = async () => {
    if (document.hidden) return;
    watcher.disconnect();
    const answer = await fetch(thread.dataset.read, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ up_to: thread.dataset.last }),
      keepalive: true,
    }).catch(() => null);
    if (answer?.ok) thread.querySelector("form.reading")?.remove();
  };
  watcher.observe(thread.querySelector(".messages > li:last-child > :last-child"));
}

// Somebody else changed the demande: it is said, and nothing moves under a text that is being written.
const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  const told = live.querySelector(".changed");
  const source = new EventSource(live.dataset.live);
  source.addEventListener("change", (event) => {
    if (JSON.parse(event.data).kind === "read" || told.firstChild) return;
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = "Afficher la page à jour";
    told.classList.add("notice");
    told.append("La demande vient de changer. ", link);
  });
  addEventListener("pagehide", () => source.close());
}

// Sending a form twice is harmless; saying that it is under way is kind.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => form.setAttribute("aria-busy", "true"));
}
