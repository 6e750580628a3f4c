// Zooms the picture of an incident. The server drew every mark; this only moves them along x.
(() => {
  const LEFT = 150, WIDTH = 960, SHORTEST = 60_000;
  let kept = null; // What was looked at, over a refresh of the picture.
  function hours(t, span) {
    const options = span < 36e5 ? { hour: "2-digit", minute: "2-digit", second: "2-digit" } : span < 2 * 864e5 ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
    return new Date(t).toLocaleString(document.documentElement.lang, { hourCycle: "h23", timeZone: document.body.dataset.zone, ...options });
  }

  function start(box) {
    const svg = box.querySelector(".chart__picture"), all = [+svg.dataset.from, +svg.dataset.to], voice = box.querySelector("[data-range]");
    let view = kept ?? [...all];
    const x = t => LEFT + (WIDTH - LEFT) * (t - view[0]) / (view[1] - view[0]);
    const inside = at => Math.min(WIDTH, Math.max(LEFT, at));

    function place(mark) {
      const at = x(+mark.dataset.t);
      if (mark.dataset.u) {
        mark.setAttribute("x", inside(at));
        mark.setAttribute("width", Math.max(inside(x(+mark.dataset.u)) - inside(at), 0));
      } else {
        mark.toggleAttribute("hidden", at < LEFT || at > WIDTH);
        mark.setAttribute("transform", `translate(${at} ${mark.dataset.y})`);
      }
    }

    function show(begin, length) {
      const span = Math.max(SHORTEST, Math.min(all[1] - all[0], length));
      const from = Math.max(all[0], Math.min(all[1] - span, begin));
      view = kept = [from, from + span];
      svg.querySelectorAll("[data-t]").forEach(place);
      svg.querySelectorAll(".chart__ticks text").forEach((tick, i, ticks) => { tick.textContent = hours(from + span * i / (ticks.length - 1), span); });
      voice.textContent = `${hours(view[0], 1e12)} – ${hours(view[1], 1e12)}`;
    }
    const zoom = (by, at = (view[0] + view[1]) / 2) => show(at - (at - view[0]) * by, (view[1] - view[0]) * by);
    const pan = by => show(view[0] + (view[1] - view[0]) * by, view[1] - view[0]);
    const acts = { left: () => pan(-.25), right: () => pan(.25), fit: () => { show(all[0], all[1] - all[0]); kept = null; } };
    box.addEventListener("click", event => {
      const how = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (how) (acts[how] ?? (() => zoom(+how)))();
    });
    // Only with Ctrl, as whoever scrolls past must not be held up; the buttons do the same.
    svg.addEventListener("wheel", event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const place = svg.getBoundingClientRect(), at = (event.clientX - place.left) / place.width * WIDTH;
      zoom(event.deltaY < 0 ? .8 : 1.25, view[0] + (view[1] - view[0]) * Math.max(0, at - LEFT) / (WIDTH - LEFT));
    }, { passive: false });
    box.querySelector("[data-tools]").hidden = false;
    if (kept) show(kept[0], kept[1] - kept[0]);
    // What is new stands on the right; a narrow screen begins there, and the names come along.
    const frame = svg.parentElement, names = box.querySelector("[data-names]");
    frame.addEventListener("scroll", () => names.setAttribute("transform", `translate(${frame.scrollLeft * WIDTH / svg.clientWidth})`), { passive: true });
    frame.scrollLeft = frame.scrollWidth;
  }

  const startAll = () => document.querySelectorAll("[data-timeline]:not([data-on])").forEach(box => { box.dataset.on = ""; start(box); });
  startAll();
  document.addEventListener("htmx:afterSwap", startAll);
})();
