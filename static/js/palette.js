// The palette: Ctrl K opens it, arrows walk its links, Enter opens one, Esc closes it as any dialog.
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const links = () => [...dialog.querySelectorAll("[data-jump]")];

  function open() {
    if (document.querySelector("dialog[open]")) return;
    dialog.showModal();
    input.select();
    // Asked anew at each opening: what may be seen changes.
    htmx.trigger(input, "fresh");
  }

  function step(by) {
    const stops = [input, ...links()];
    const here = stops.indexOf(document.activeElement);
    stops[(here + by + stops.length) % stops.length].focus();
  }

  document.addEventListener("keydown", event => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  dialog.addEventListener("keydown", event => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      step(by);
    }
  });
  // Enter in the field opens the first; what was typed last may not have been answered yet.
  dialog.querySelector("form").addEventListener("submit", event => {
    const first = links()[0];
    if (!first || dialog.querySelector(".htmx-request") || input.value !== dialog.dataset.asked) return;
    event.preventDefault();
    first.click();
  });
  dialog.addEventListener("htmx:beforeRequest", () => { dialog.dataset.asked = input.value; });
  dialog.addEventListener("click", event => event.target === dialog && dialog.close());
  document.querySelector("[data-palette]")?.addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
})();
