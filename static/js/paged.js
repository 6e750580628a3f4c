// Shows a notice of the browser while its person is being paged, if they allowed it. No push service hears of it.
(() => {
  if (!("Notification" in window)) return;
  const SEEN = "andon-paged", MOST = 50;

  // Once in all tabs: what is shown is remembered, and the same tag replaces itself.
  function show(banner) {
    const { page, title, body } = banner.dataset;
    const seen = (localStorage.getItem(SEEN) ?? "").split(" ");
    if (seen.includes(page)) return;
    localStorage.setItem(SEEN, [...seen, page].slice(-MOST).join(" "));
    const notice = new Notification(title, { body, tag: page, requireInteraction: true });
    notice.onclick = () => {
      window.focus();
      location.assign(banner.querySelector("a").href);
    };
  }

  document.addEventListener("htmx:afterSwap", event => {
    if (event.detail.elt.id !== "paged" || Notification.permission !== "granted") return;
    event.detail.elt.querySelectorAll("[data-page]").forEach(show);
  });

  const offer = document.querySelector("[data-notices]");
  if (!offer) return;
  const [button] = offer.getElementsByTagName("button");
  function tell() {
    for (const words of offer.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== Notification.permission;
    button.hidden = Notification.permission !== "default";
  }
  button.addEventListener("click", () => Notification.requestPermission().then(tell));
  offer.hidden = false;
  tell();
})();
