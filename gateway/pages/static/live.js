// What changes on a demande shows by itself; messages that were seen are said to be read.
// Opening a page marks nothing: browsers load pages ahead, and people open them in the background.
(() => {
  const PARTS = [".facts", ".tabs", "#suivi", "#fil"];
  const part = () => document.querySelector("[data-live]");
  if (!part() || !window.EventSource) return;
  const address = part().dataset.live;
  const text = node => node ? node.textContent.replace(/\s+/g, " ").trim() : "";
  const heard = root => root.querySelectorAll(".messages > .service").length;
  const unread = root => text(root.querySelector(".tabs .count"));

  const region = document.createElement("p");
  region.className = "live";
  region.setAttribute("role", "status");
  part().before(region);
  const say = (sentence, label, href) => {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = label;
    region.replaceChildren(`${sentence} `, link);
  };

  // The same page again, by its own address: what it shows is what anybody may read of it.
  let timer = 0;
  const refresh = async () => {
    timer = 0;
    let fresh;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return; // away: the next change, or the next visit, will show it
    }
    const more = heard(fresh) > heard(document);
    const news = unread(fresh) && unread(fresh) !== unread(document);
    let changed = false;
    for (const place of PARTS) {
      const [old, made] = [document.querySelector(place), fresh.querySelector(place)];
      if (!old || !made || text(old) === text(made)) continue;
      changed = true;
      if (!old.contains(document.activeElement)) old.replaceWith(document.adoptNode(made));
    }
    const discussion = `${location.pathname.replace(/\/discussion$/, "")}/discussion`;
    if (more) say("Nouveau message du service.", "Lire le message", "#messages");
    else if (news) say("Nouveau message du service.", "Lire dans l'onglet « Discussion »", discussion);
    else if (changed) say("La demande vient de changer.", "Afficher la page à jour", location.pathname);
    watch();
  };

  let source = null;
  const follow = () => {
    source = new EventSource(address);
    source.addEventListener("change", event => {
      const { kind } = JSON.parse(event.data);
      if (kind === "read") return; // what somebody sees does not change because it was seen
      const missed = kind === "missed";
      // Everybody is told at once that something was missed: not everybody asks at once.
      timer = timer || setTimeout(refresh, missed ? 500 + Math.random() * 4000 : 200);
    });
  };
  follow();
  // A page that nobody touches must not keep its session alive: it stops, and catches up when somebody is back.
  const IDLE = 20 * 60 * 1000;
  let touched = Date.now();
  const stop = () => {
    source?.close();
    source = null;
  };
  const touch = () => {
    touched = Date.now();
    if (source) return;
    follow();
    refresh();
  };
  for (const kind of ["pointerdown", "keydown", "focus"]) addEventListener(kind, touch, { passive: true });
  setInterval(() => { if (Date.now() - touched > IDLE) stop(); }, 60 * 1000);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", event => {
    if (event.persisted) touch();
  });

  // Read: the last message was on the screen for a second, of a page somebody looks at.
  let observer = null;
  function watch() {
    observer?.disconnect();
    const place = part();
    const last = place?.dataset.read && place.querySelector(".messages > li:last-child > :last-child");
    if (!last || !window.IntersectionObserver) return;
    let wait = 0;
    observer = new IntersectionObserver(([entry]) => {
      clearTimeout(wait);
      if (entry.isIntersecting) wait = setTimeout(() => mark(place), 1000);
    });
    observer.observe(last);
  }
  async function mark(place) {
    if (document.visibilityState !== "visible" || !place.isConnected) return;
    observer.disconnect();
    const answer = await fetch(place.dataset.read, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ up_to: place.dataset.last }),
      keepalive: true,
    }).catch(() => null);
    if (!answer?.ok) return;
    place.querySelector(".reading")?.remove();
    document.querySelector(".tabs .count")?.remove();
  }
  watch();
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") watch(); });
})();
