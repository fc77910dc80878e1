// Filing a demande: conditional questions, a draft saved while it is typed, a number copied.
// Without this script all of it works: the service judges, the buttons send.
const form = document.querySelector("form[data-saisie]");
const WHO = ["kind", "name", "identifier"];
const CONTACT = ["email", "first_name", "last_name", "postal_address"];

// An answer as the API takes it; undefined for what is only read.
function valueOf(question) {
  const controls = [...question.querySelectorAll("input, select, textarea")];
  switch (question.dataset.type) {
    case "explanation":
      return undefined;
    case "group":
      return [...question.querySelectorAll("[data-ligne]")].map((row) => {
        const cells = [...row.querySelectorAll(".asked")].map((cell) => [cell.dataset.nom, valueOf(cell), cell.dataset.type]);
        const said = cells.some(([, value, type]) => value?.length && !(type === "checkbox" && value === "non"));
        return said ? Object.fromEntries(cells.filter(([, value]) => value?.length)) : {};
      });
    case "multiple_choice":
      return controls.filter((control) => control.checked).map((control) => control.value);
    case "checkbox":
      return controls[0].checked ? "oui" : "non";
    case "date": {
      const parts = controls.map((control) => control.value.trim());
      return parts.some(Boolean) ? parts.join("/") : null;
    }
    default: {
      const control = controls.find((one) => one.type !== "radio" || one.checked);
      return control && control.value.trim() ? control.value : null;
    }
  }
}

const questions = form ? [...form.querySelectorAll(".asked")] : [];

function sourceOf(question) {
  const named = `.asked[data-nom="${question.dataset.si}"]`;
  return question.closest("[data-ligne]")?.querySelector(named) ?? form.querySelector(named);
}

// What is hidden answers nothing to those below.
function showConditional() {
  for (const question of questions) {
    if (!question.dataset.si) continue;
    const source = sourceOf(question);
    const found = [source.hidden ? null : valueOf(source)].flat().map(plain);
    question.hidden = !JSON.parse(question.dataset.vaut).some((wanted) => found.includes(wanted));
  }
  const kind = form.querySelector("[name=kind]:checked");
  if (kind) nameIdentifier(kind.value);
}

function plain(value) {
  const text = String(value ?? "").trim();
  const compact = text.replace(/\s/g, "");
  return /^[+-]?\d{1,15}$/.test(compact) ? String(Number(compact)) : text;
}

function nameIdentifier(kind) {
  const question = form.querySelector("[data-libelles]");
  if (!question || kind === "self") return;
  question.querySelector("label").firstChild.textContent = JSON.parse(question.dataset.libelles)[kind];
  question.querySelector(".field .hint").textContent = JSON.parse(question.dataset.aides)[kind];
}

// With script a question is on the page only when it is asked: no condition in words, no « facultatif ».
function dropConditions() {
  for (const question of questions) {
    if (!question.dataset.si) continue;
    question.querySelector(":scope > .condition")?.remove();
    if ("obligatoire" in question.dataset) {
      const head = question.querySelector(":scope > * > label, :scope > * > legend, :scope > * > .pick > label");
      head?.querySelector(".optional")?.remove();
      for (const control of question.querySelectorAll(":scope > .field > :is(input, select, textarea)")) control.required = true;
    }
  }
}

if (form) {
  dropConditions();
  showConditional();
  form.addEventListener("input", showConditional);
  if (form.dataset.brouillon) autosave();
}

function autosave() {
  const state = form.querySelector("[data-etat]");
  const version = form.elements.version;
  const kept = new Map(top().map(([name, value]) => [name, JSON.stringify(value)]));
  // A single kind goes with the first save.
  if (form.elements.kind?.type === "hidden") kept.delete("on_behalf_of/kind");
  let timer, flight, stopped;

  form.addEventListener("input", () => later(1500));
  form.addEventListener("change", () => later(400));
  // What is under way counts a version: the form waits for it.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!flight) return void (stopped = true);
    event.preventDefault();
    const button = event.submitter;
    flight.finally(() => form.requestSubmit(button));
  });

  // What the page asks, a group as a whole: [part/name, value].
  function top() {
    const asked = questions.filter((one) => !one.closest("[data-ligne]"));
    const said = asked.map((one) => [one.dataset.nom, valueOf(one)]).filter(([name, value]) => value !== undefined && !WHO.includes(name));
    const { kind, name } = form.elements;
    const organised = kind?.value && kind.value !== "self";
    const field = (name) => form.elements[name].value.trim() || null;
    return [
      ...said.map(([name, value]) => [`answers/${name}`, value]),
      ...CONTACT.filter((name) => form.elements[name]).map((name) => [`contact/${name}`, field(name)]),
      ...(kind ? [["on_behalf_of/kind", field("kind")]] : []),
      ...(kind && name ? WHO.slice(1).map((name) => [`on_behalf_of/${name}`, organised ? field(name) : null]) : []),
    ];
  }

  function later(wait) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, wait);
  }

  function save() {
    if (flight) return later(400);
    const said = top().filter(([name, value]) => kept.get(name) !== JSON.stringify(value));
    if (!said.length || stopped) return;
    const lost = () => tell("Non enregistré : la connexion est interrompue. Vos réponses restent sur cette page.");
    flight = send(said, 0).catch(lost).finally(() => (flight = null));
  }

  async function send(said, wrong) {
    const body = {};
    for (const [name, value] of said) {
      const [part, key] = name.split("/");
      (body[part] ??= {})[key] = value;
    }
    const answer = await fetch(form.dataset.brouillon, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "If-Match": `"${version.value}"` },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.ok) {
      version.value = told.version;
      for (const [name, value] of said) kept.set(name, JSON.stringify(value));
      const time = { hour: "numeric", minute: "2-digit", timeZone: "Europe/Paris" };
      const [hours, minutes] = new Date(told.updated_at).toLocaleTimeString("fr-FR", time).split(":");
      const rest = wrong ? `, sauf ${wrong === 1 ? "une réponse" : `${wrong} réponses`} à corriger` : "";
      return tell(`Brouillon enregistré à ${Number(hours)}\u00a0h\u00a0${minutes}${rest}`);
    }
    if (answer.status === 422 && told.errors) {
      const faulty = told.errors.map((fault) => fault.pointer.split("/").slice(1, 3).join("/"));
      const right = said.filter(([name]) => !faulty.includes(name));
      if (right.length && right.length < said.length) return send(right, said.length - right.length);
      return tell("Une réponse est à corriger ou à terminer : elle n'est pas encore enregistrée.");
    }
    if (answer.status === 412) {
      stopped = true;
      return tell("Ce brouillon a été modifié dans un autre onglet ou appareil. Enregistrez pour comparer les réponses.");
    }
    if (answer.status === 401) return tell("Non enregistré : votre session a pris fin. Copiez vos dernières réponses, puis reconnectez-vous.");
    return tell(told.detail || "Non enregistré. Réessayez dans quelques instants.");
  }

  function tell(sentence) {
    if (state.textContent !== sentence) state.textContent = sentence;
  }
}

const copier = document.querySelector("[data-copier]");
if (copier && navigator.clipboard) {
  copier.hidden = false;
  copier.querySelector("button").addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector("[data-copie]").textContent);
    copier.querySelector("[role=status]").textContent = "Numéro copié";
  });
}

// A page that the browser kept would hold an old version of the draft.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && form?.dataset.brouillon) location.reload();
});
