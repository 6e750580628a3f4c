// Keeps live parts of a page fresh. htmx asks every few seconds; this decides what becomes of the answer.
(() => {
  const lost = document.getElementById("lost");
  const isLive = element => element.hasAttribute("data-live");

  const holdsFocus = region => region.contains(document.activeElement);

  // Someone reads or tabs in here: tell of the news instead of pulling the content away.
  function offer(region, answer) {
    let button = region.previousElementSibling;
    if (!button?.matches(".live__news")) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "btn live__news";
      button.textContent = region.dataset.news;
      region.before(button);
    }
    button.onclick = () => {
      button.remove();
      htmx.swap(region, answer, { swapStyle: "innerHTML" });
      region.focus();
      say(region);
    };
  }

  function say(region) {
    const words = region.querySelector("[data-say]")?.textContent;
    const voice = document.getElementById(`${region.id}-voice`);
    if (words && voice && voice.textContent !== words) voice.textContent = words;
  }

  document.addEventListener("htmx:configRequest", event => {
    const { elt, headers } = event.detail;
    if (isLive(elt) && elt.dataset.etag) headers["If-None-Match"] = elt.dataset.etag;
  });
  document.addEventListener("htmx:beforeRequest", event => {
    if (isLive(event.detail.elt) && document.hidden && !("awake" in event.detail.elt.dataset)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", event => {
    const { elt, xhr } = event.detail;
    if (!isLive(elt) || ![200, 286].includes(xhr.status)) return; // 286: the last answer, htmx asks no more.
    const etag = xhr.getResponseHeader("ETag");
    // The sign-in page came instead: the session has ended. What rings everywhere tears nobody out of a form.
    if (!etag) return "awake" in elt.dataset ? void (event.detail.shouldSwap = false) : location.reload();
    if (holdsFocus(elt)) {
      event.detail.shouldSwap = false;
      return offer(elt, xhr.responseText);
    }
    elt.dataset.etag = etag;
    elt.previousElementSibling?.matches(".live__news") && elt.previousElementSibling.remove();
  });
  document.addEventListener("htmx:afterSwap", event => isLive(event.detail.elt) && say(event.detail.elt));
  document.addEventListener("htmx:afterRequest", event => {
    if (lost && isLive(event.detail.elt)) lost.hidden = event.detail.xhr.status > 0 && event.detail.xhr.status < 500;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const region of document.querySelectorAll("[data-live]")) htmx.trigger(region, "fresh");
  });
})();
