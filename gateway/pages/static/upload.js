// Sending documents as they are chosen or dropped, with their progress; keeping a reply that was begun.
// Without this script the same form sends everything at once.
(() => {
  const form = document.querySelector("form.reply");
  if (!form) return;
  const status = form.querySelector(".sending");
  const text = form.querySelector("textarea");
  const { send, most, largest } = form.dataset;
  const KINDS = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", pdf: "application/pdf" };
  const underway = new Set();
  let waiting = false;

  const say = sentence => { status.textContent = sentence; };
  const element = (name, content, className) => {
    const made = document.createElement(name);
    if (content) made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const spoken = size => size < 1048576
    ? `${Math.max(1, Math.round(size / 1024))}\u00a0ko`
    : `${(size / 1048576).toFixed(1).replace(".", ",").replace(",0", "")}\u00a0Mo`;
  const joined = () => form.querySelectorAll("input[name=joint]:not(:disabled)");

  // What can be told without asking the server; it checks the content of what passes here.
  const objection = file => {
    const ending = file.name.split(".").pop().toLowerCase();
    if (!KINDS[ending] && !Object.values(KINDS).includes(file.type)) {
      return "Seuls les images PNG ou JPEG et les documents PDF sont acceptés. Convertissez ce fichier, puis choisissez-le de nouveau.";
    }
    if (file.size > Number(largest)) {
      return `Ce fichier fait ${spoken(file.size)}, le maximum est ${spoken(Number(largest))}. Numérisez-le en noir et blanc, ou à 150 points par pouce.`;
    }
    if (!file.size) return "Ce fichier est vide.";
    if (joined().length + underway.size >= Number(most)) {
      return `Un message porte ${most} documents au plus. Envoyez les autres dans un deuxième message.`;
    }
    return "";
  };

  const button = (label, name, press) => {
    const made = element("button", label);
    made.type = "button";
    made.append(element("span", ` ${name}`, "hidden"));
    made.addEventListener("click", press);
    return made;
  };

  // A document that has arrived: carried by the form, taken out by its button.
  const keep = (item, input, name, note, piece) => {
    const zone = item.closest(".drop");
    item.replaceChildren(input, element("span", note), button("Retirer", name, () => {
      item.remove();
      say(`${name} est retiré.`);
      zone.querySelector("input[type=file]").focus();
      remember();
    }));
    if (piece) {
      for (const other of zone.querySelectorAll(".joined li")) if (other !== item) other.remove();
    }
  };

  const failed = (item, file, sentence, again) => {
    item.replaceChildren(element("span", file.name));
    if (again) item.append(button("Réessayer", file.name, () => { item.remove(); again(); }));
    item.append(button("Retirer", file.name, () => item.remove()), element("span", `Erreur : ${sentence}`, "failed"));
    say(`${file.name} n'est pas joint. ${sentence}`);
  };

  const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map(n => n.toString(16).padStart(2, "0")).join("");

  const start = (zone, file) => {
    const item = element("li");
    zone.querySelector(".joined").append(item);
    const no = objection(file);
    if (no) return failed(item, file, no);
    const bar = element("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `Envoi de ${file.name}`);
    const request = new XMLHttpRequest();
    const cancel = button("Annuler", file.name, () => request.abort());
    const share = element("span", "0\u00a0%");
    item.append(element("span", `${file.name} (${spoken(file.size)})`), bar, share, cancel);
    say(`Envoi de ${file.name}.`);

    const body = new FormData();
    if (zone.dataset.piece) body.append("requested_document", zone.dataset.piece);
    body.append("file", file);
    request.upload.addEventListener("progress", event => {
      bar.value = event.lengthComputable ? Math.floor(100 * event.loaded / event.total) : 0;
      share.textContent = bar.value < 100 ? `${bar.value}\u00a0%` : "Contrôle du document…";
    });
    const done = act => () => {
      underway.delete(request);
      act();
      if (waiting && !underway.size) {
        waiting = false;
        if (form.querySelector(".failed")) say("Un document n'est pas joint : votre message n'est pas encore envoyé.");
        else form.requestSubmit();
      }
    };
    const retry = () => start(zone, file);
    request.addEventListener("load", done(() => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      if (request.status === 201) {
        const input = element("input");
        input.type = "hidden";
        input.name = "joint";
        input.value = `${said.id};${zone.dataset.piece};${said.size};${said.status};${said.name}`;
        const note = said.status === "pending" ? "reçu, contrôle antivirus en cours" : "reçu";
        keep(item, input, said.name, `${said.name} (${spoken(said.size)}), ${note}`, zone.dataset.piece);
        say(`${said.name} est joint à votre message.`);
        remember();
      } else if (request.status === 401) {
        failed(item, file, "Votre session n'est plus valable. Connectez-vous dans un autre onglet, puis réessayez : votre texte reste ici.", retry);
      } else if (request.status >= 500 || request.status === 429) {
        failed(item, file, "Le service est momentanément indisponible.", retry);
      } else {
        failed(item, file, said.detail || "Ce document n'a pas pu être envoyé.");
      }
    }));
    request.addEventListener("error", done(() => failed(item, file, "La connexion a été coupée.", retry)));
    request.addEventListener("abort", done(() => {
      item.remove();
      say(`L'envoi de ${file.name} est annulé.`);
      zone.querySelector("input[type=file]").focus();
    }));
    underway.add(request);
    request.open("POST", send);
    request.setRequestHeader("Idempotency-Key", key());
    request.send(body);
  };

  for (const zone of form.querySelectorAll(".drop")) {
    const input = zone.querySelector("input[type=file]");
    const take = files => {
      const chosen = zone.dataset.piece ? [...files].slice(0, 1) : [...files];
      for (const file of chosen) start(zone, file);
    };
    input.addEventListener("change", () => {
      take(input.files);
      input.value = ""; // sent already: the form must not send it again
    });
    zone.append(element("p", "Ou déposez le document ici.", "hint dropping"));
    let depth = 0;
    const over = by => {
      depth = Math.max(0, depth + by);
      zone.classList.toggle("over", depth > 0);
    };
    zone.addEventListener("dragenter", event => { event.preventDefault(); over(1); });
    zone.addEventListener("dragleave", () => over(-1));
    zone.addEventListener("dragover", event => event.preventDefault());
    zone.addEventListener("drop", event => {
      event.preventDefault();
      depth = 0;
      over(0);
      take(event.dataTransfer.files);
    });
    for (const box of zone.querySelectorAll("input[type=checkbox][name=joint]")) {
      const [, piece, size, state, ...name] = box.value.split(";");
      carry(zone, box.value, piece, Number(size), state, name.join(";"));
      box.closest("li").remove();
    }
  }

  function carry(zone, value, piece, size, state, name) {
    const item = element("li");
    const input = element("input");
    input.type = "hidden";
    input.name = "joint";
    input.value = value;
    zone.querySelector(".joined").append(item);
    keep(item, input, name, `${name} (${spoken(size)}), reçu${state === "pending" ? ", contrôle antivirus en cours" : ""}`, piece);
  }

  form.addEventListener("submit", event => {
    const left = form.querySelector(".failed");
    if (left) {
      event.preventDefault();
      left.closest("li").querySelector("button").focus();
      return say("Un document n'est pas joint. Retirez-le ou choisissez-en un autre, puis envoyez votre message.");
    }
    if (!underway.size) return;
    event.preventDefault();
    waiting = true;
    say("Des documents sont en cours d'envoi : votre message partira ensuite.");
  });

  // A session that ends must not cost what was written: this tab keeps it until the message is sent.
  const place = `reponse ${location.pathname}`;
  function remember() {
    try {
      const kept = { text: text.value, joined: [...joined()].map(input => input.value) };
      if (kept.text || kept.joined.length) sessionStorage.setItem(place, JSON.stringify(kept));
      else sessionStorage.removeItem(place);
    } catch { /* storage is full or refused: the page works without */ }
  }
  const restore = () => {
    try {
      if (new URLSearchParams(location.search).get("fait") === "message-envoye") {
        history.replaceState(null, "", location.pathname); // once: what is written next must not be forgotten
        return sessionStorage.removeItem(place);
      }
      const kept = JSON.parse(sessionStorage.getItem(place) || "null");
      if (!kept || text.value || joined().length) return;
      text.value = kept.text;
      for (const value of kept.joined) {
        const [, piece, size, state, ...name] = value.split(";");
        const zone = [...form.querySelectorAll(".drop")].find(one => one.dataset.piece === piece);
        if (zone) carry(zone, value, piece, Number(size), state, name.join(";"));
      }
      say("Votre réponse commencée a été retrouvée.");
    } catch { /* nothing to restore */ }
  };
  restore();
  text.addEventListener("input", remember);
})();
