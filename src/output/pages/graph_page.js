"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const picture = $("picture"), scroll = $("scroll"), panel = $("panel"), facts = $("facts"), search = $("search");
  const nodes = [...picture.querySelectorAll(".node")], paths = [...picture.querySelectorAll(".edges path")];
  const around = nodes.map(() => []); // For each box its edges, as [other box, edge].
  for (const path of paths) {
    const from = +path.dataset.from, to = +path.dataset.to;
    around[from].push([to, path]);
    around[to].push([from, path]);
  }
  const byLink = new Map(nodes.map((node, number) => [node.getAttribute("href"), number]));
  const mark = (elements, name, on) => elements.forEach((element) => element.classList.toggle(name, on));
  let chosen = -1, hops = 0;

  // Returns the boxes and edges that are at most `most` steps away from a box, in either direction.
  const near = (start, most) => {
    const boxes = new Set([start]), edges = new Set();
    let edge = [start];
    for (let hop = 0; hop < most && edge.length; hop++) {
      const next = [];
      for (const box of edge) for (const [other, path] of around[box]) {
        edges.add(path);
        if (!boxes.has(other)) { boxes.add(other); next.push(other); }
      }
      edge = next;
    }
    return [[...boxes].map((box) => nodes[box]), [...edges]];
  };

  // Returns the boxes and edges on all paths from changed services to an affected box. All boxes on these paths are
  // affected.
  const causes = (start) => {
    const boxes = new Set([start]), edges = [];
    for (const box of boxes) for (const [other, path] of around[box]) {
      if (+path.dataset.from !== other || path.classList.contains("cold")) continue;
      edges.push(path);
      boxes.add(other);
    }
    return [[...boxes].map((box) => nodes[box]), edges];
  };

  let lit = [[], []];
  const light = (number) => {
    lit.forEach((elements) => mark(elements, "lit", false));
    const [close, why] = number < 0 ? [[[], []], [[], []]] : [near(number, 1), causes(number)];
    lit = close.map((elements, at) => [...elements, ...why[at]]);
    lit.forEach((elements) => mark(elements, "lit", true));
    picture.classList.toggle("one", number >= 0);
  };

  const show = () => {
    mark(nodes, "close", false);
    mark(paths, "close", false);
    picture.classList.toggle("around", hops > 0 && chosen >= 0);
    if (hops > 0 && chosen >= 0) near(chosen, hops).forEach((elements) => mark(elements, "close", true));
    for (const button of panel.querySelectorAll("[data-hops]"))
      button.setAttribute("aria-pressed", String(+button.dataset.hops === hops));
  };

  // Fills the panel with the cells of the service's row, one below the other.
  const fill = (row) => {
    const heads = [...row.closest("table").querySelectorAll("thead th")];
    const list = document.createElement("dl");
    [...row.cells].forEach((cell, at) => {
      if (at === 0 || !cell.textContent) return;
      const term = document.createElement("dt"), value = document.createElement("dd");
      term.textContent = heads[at].textContent;
      value.append(...[...cell.cloneNode(true).childNodes]);
      list.append(term, value);
    });
    const title = document.createElement("h2");
    title.textContent = row.cells[0].textContent;
    facts.replaceChildren(title, list);
  };

  const choose = (number) => {
    if (chosen >= 0) nodes[chosen].classList.remove("chosen");
    chosen = number;
    if (chosen < 0) hops = 0;
    panel.hidden = chosen < 0;
    picture.classList.toggle("chosen", chosen >= 0);
    light(chosen);
    if (chosen >= 0) {
      nodes[chosen].classList.add("chosen");
      const row = $(decodeURIComponent(nodes[chosen].getAttribute("href").slice(1)));
      if (row) fill(row);
      scroll.scrollTop += 0;
      nodes[chosen].scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    show();
  };

  const fromAddress = () => {
    const link = location.hash && "#" + decodeURIComponent(location.hash.slice(1)).replaceAll("%", "%25");
    choose(byLink.has(link) ? byLink.get(link) : -1);
  };
  const go = (link) => {
    history.pushState(null, "", link || location.pathname + location.search);
    fromAddress();
  };
  const close = () => {
    const before = chosen;
    go("");
    if (before >= 0) nodes[before].focus({ preventScroll: true });
  };

  addEventListener("hashchange", fromAddress);
  addEventListener("popstate", fromAddress);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && byLink.has(link.getAttribute("href"))) {
      event.preventDefault();
      if (!dragged) go(link.getAttribute("href"));
    }
  });
  $("close").addEventListener("click", close);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen >= 0) close();
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-hops]");
    if (button) { hops = +button.dataset.hops; show(); }
  });

  const over = (event) => event.target.closest && event.target.closest(".node");
  picture.addEventListener("pointerover", (event) => { const node = over(event); if (node) light(nodes.indexOf(node)); });
  picture.addEventListener("pointerout", (event) => { if (over(event)) light(chosen); });
  picture.addEventListener("focusin", (event) => { const node = over(event); if (node) light(nodes.indexOf(node)); });
  picture.addEventListener("focusout", () => light(chosen));
  // A click on an edge selects the dependent. Its row shows the declaration of the edge.
  picture.addEventListener("click", (event) => {
    const path = event.target.closest(".edges path");
    if (path && !dragged) go(nodes[+path.dataset.to].getAttribute("href"));
  });

  search.addEventListener("input", () => {
    const text = search.value.trim().toLowerCase();
    let count = 0;
    nodes.forEach((node) => {
      const is = text !== "" && node.getAttribute("aria-label").split(", ")[0].toLowerCase().includes(text);
      node.classList.toggle("match", is);
      count += is;
    });
    $("found").textContent = text ? count + " found" : "";
  });
  search.addEventListener("keydown", (event) => {
    const first = nodes.find((node) => node.classList.contains("match"));
    if (event.key === "Enter" && first) { go(first.getAttribute("href")); first.focus(); }
  });

  const critical = $("critical");
  if (critical) critical.addEventListener("click", () => {
    const on = picture.classList.toggle("path");
    critical.setAttribute("aria-pressed", String(on));
  });

  const [width, height] = picture.getAttribute("viewBox").split(" ").slice(2).map(Number);
  let size = 1;
  const zoom = (to) => {
    size = Math.min(2.5, Math.max(0.1, to));
    picture.setAttribute("width", Math.round(width * size));
    picture.setAttribute("height", Math.round(height * size));
  };
  $("in").addEventListener("click", () => zoom(size * 1.25));
  $("out").addEventListener("click", () => zoom(size / 1.25));
  $("fit").addEventListener("click", () => zoom(Math.min(scroll.clientWidth / width, scroll.clientHeight / height, 1)));

  // Dragging the picture scrolls it, so that the browser need not compute the layout again.
  let from = null, dragged = false;
  scroll.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType !== "mouse") return;
    from = [event.clientX + scroll.scrollLeft, event.clientY + scroll.scrollTop];
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const x = from[0] - event.clientX, y = from[1] - event.clientY;
    if (!dragged && Math.abs(x - scroll.scrollLeft) + Math.abs(y - scroll.scrollTop) < 5) return;
    dragged = true;
    scroll.classList.add("dragged");
    scroll.scrollTo(x, y);
  });
  addEventListener("pointerup", () => { from = null; scroll.classList.remove("dragged"); setTimeout(() => { dragged = false; }); });
  picture.addEventListener("dragstart", (event) => event.preventDefault());
  addEventListener("beforeprint", () => { $("all").open = true; });

  fromAddress();
})();
