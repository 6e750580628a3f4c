// Adds "3 min ago" to times and counts on what has no end yet. Without it the absolute times stand alone.
(() => {
  const LONGEST = 30 * 24 * 3600;
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const speak = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });

  // A number and its unit stay on one line.
  const held = (text) => text.replaceAll(" ", "\u00a0");

  function relative(seconds) {
    const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? steps.at(-1);
    return held(speak.format(Math.trunc(seconds / size), unit));
  }

  // As the filter `spell` in config/templatetags/spans.py.
  function spell(seconds) {
    const s = Math.max(Math.floor(seconds), 0), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
    if (d >= 2) return held(`${d} d ${h % 24} h`);
    if (h) return held(`${h} h ${m % 60} min`);
    return held(m ? `${m} min` : s ? `${s} s` : "under 1 s");
  }

  function ago(element) {
    const away = (Date.parse(element.dateTime) - Date.now()) / 1000;
    if (Math.abs(away) > LONGEST) return;
    let words = element.querySelector(".ago");
    if (!words) {
      words = document.createElement("span");
      words.className = "ago muted";
      element.append(words);
      if (!element.title.includes("/")) {
        element.title += ` / ${new Date(element.dateTime).toLocaleString(undefined, { timeZoneName: "short" })}`;
      }
    }
    // With the space inside, the line may break here and nowhere else in a time.
    put(words, ` (${relative(away)})`);
  }

  // Writing the same text again would make screen readers and observers look up.
  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function refresh() {
    for (const element of document.querySelectorAll("time[data-ago]")) ago(element);
    for (const element of document.querySelectorAll("[data-since]")) {
      put(element, spell((Date.now() - Date.parse(element.dataset.since)) / 1000));
    }
  }

  refresh();
  setInterval(refresh, 1000);
  document.addEventListener("htmx:afterSwap", refresh);
})();
