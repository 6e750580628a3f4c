// Single-key shortcuts. They can be switched off in the profile and never fire while somebody types.
(() => {
  if (document.body.dataset.shortcuts === "off") return;
  const dialog = document.getElementById("keys");
  const GO_WITHIN = 1500;
  let went = 0;

  function busy(event) {
    const held = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
    return held || event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]");
  }

  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const here = rows.indexOf(document.activeElement);
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
    rows[next]?.focus();
  }

  const reach = selector => () => document.querySelector(selector)?.focus();
  const follow = selector => () => document.querySelector(selector)?.click();
  const acts = {
    "j": () => step(1),
    "k": () => step(-1),
    "/": reach("[data-search]"),
    "u": reach("[data-update]"),
    "r": follow("[data-report]"),
    "?": () => dialog?.showModal(),
  };

  document.addEventListener("keydown", event => {
    if (busy(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = Date.now() - went < GO_WITHIN ? follow(`[data-go="${CSS.escape(key)}"]`) : acts[key];
    went = key === "g" ? Date.now() : 0;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
