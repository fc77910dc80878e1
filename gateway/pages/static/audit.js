// The auditor's pages with script: the slider travels as it moves, progress follows by itself.
const travel = document.querySelector("[data-travel]");
if (travel) {
  const slider = travel.querySelector("input[type=range]");
  slider.addEventListener("input", () => { travel.querySelector("output").value = slider.value; });
  slider.addEventListener("change", async () => {
    const address = new URL(travel.action);
    address.searchParams.set("version", slider.value);
    if (!(await replace(address, ["instant", "pas", "evenements"]))) return;
    document.getElementById("annonce").textContent = document.querySelector("#instant .meta").textContent;
    history.replaceState(null, "", address);
    document.title = document.title.replace(/version \d+/, `version ${slider.value}`);
  });
}

async function replace(address, ids) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) document.getElementById(id)?.replaceWith(page.getElementById(id));
  return true;
}

// A second between two looks: the work itself lasts seconds to minutes.
async function follow() {
  while (document.querySelector("#progression[data-running]")) {
    await new Promise((resume) => setTimeout(resume, 1000));
    if (!(await replace(location.href, ["progression"]))) return;
  }
}
follow();
